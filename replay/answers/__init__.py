"""Answers to requests: from captures, or the server's own."""
