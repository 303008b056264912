"""Measures a capture: times, rates and regularity."""
