"""What both halves speak and write with."""
