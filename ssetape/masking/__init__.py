"""What must not stay in a capture: credentials by their place, secrets by their shape."""
