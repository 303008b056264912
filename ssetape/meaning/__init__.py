"""Messages become an answer."""
