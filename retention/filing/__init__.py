"""One look at a share becomes events."""
