"""When what happened, how fast, how regular."""
