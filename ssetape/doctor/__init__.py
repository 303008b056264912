"""Why nothing streams: the facts of a machine and of a response, and what they mean."""
