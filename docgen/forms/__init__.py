"""What a form declares, and how one value is read."""
