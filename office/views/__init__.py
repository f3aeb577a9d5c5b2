"""What command line and page both show, as values."""
