"""What a person does: one transaction each."""
