"""Masks what must not stay in a capture: credentials by place, secrets by shape."""
