"""Output to, and keys from, the terminal."""
