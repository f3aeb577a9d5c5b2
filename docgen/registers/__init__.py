"""Filled workbooks read, blank ones made, problems marked."""
