"""Formulas: their references, what they come to, and what happens to both when rows are repeated."""
