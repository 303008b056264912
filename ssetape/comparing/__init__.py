"""Compares two captures, or two sets of runs."""
