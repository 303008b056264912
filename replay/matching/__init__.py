"""Which capture answers a request."""
