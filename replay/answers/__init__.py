"""Answers to requests: from captures, or of the server's own."""
