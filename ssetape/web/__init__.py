"""Serves the local page."""
