"""Records, what may happen to them, and what did."""
