"""What serves the local page."""
