"""Records from inside a browser: its DevTools events become captures."""
