"""Captures that nobody recorded."""
