"""The house style of the Excel papers."""
