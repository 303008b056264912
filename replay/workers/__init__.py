"""Several processes that serve the same captures on one port."""
