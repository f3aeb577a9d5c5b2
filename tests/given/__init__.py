"""What tests share: offices, shares, documents and workbooks that they are given."""
