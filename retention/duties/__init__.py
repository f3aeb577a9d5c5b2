"""What the procedure wants by when."""
