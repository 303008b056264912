"""Captures written again: as lines for an editor and back, or changed in one go."""
