"""Registers handed in, checked, computed and printed; what one month hands on to the next."""
