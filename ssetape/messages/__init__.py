"""Turns a body into messages, each with its time."""
