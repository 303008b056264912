"""What answers a request: a capture, or the server itself."""
