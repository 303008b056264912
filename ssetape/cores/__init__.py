"""Reads many captures on all cores: each by a process of its own, the results in order."""
