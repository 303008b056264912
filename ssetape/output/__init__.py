"""Text that no terminal obeys, and files that are written whole."""
