"""Turns messages into an answer."""
