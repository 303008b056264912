"""What differs between two captures, or between two sets of runs."""
