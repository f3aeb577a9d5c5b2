"""What hurries a look, and the service around it."""
