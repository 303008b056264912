"""Streams that wait for other requests of their session, and the ids that its clients use."""
