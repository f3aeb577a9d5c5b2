"""Pure: values and what may happen to them. No disk, no database, no clock."""
