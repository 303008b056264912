"""A body becomes messages, each with its time."""
