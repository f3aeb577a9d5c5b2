"""The only door to the database; the chain of events and its checkpoints."""
