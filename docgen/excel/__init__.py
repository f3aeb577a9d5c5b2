"""Excel templates: compiled by reader, plan and code; rendered by the state of sheets and book."""
