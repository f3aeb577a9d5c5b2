"""Lists, their papers, the workbook that goes round and comes back."""
