"""Word templates."""
