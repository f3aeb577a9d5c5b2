"""A workbook or CSV file as it lies there; no form, no tag."""
