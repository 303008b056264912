"""What the local page and the report show."""
