"""Finds the capture that answers a request."""
