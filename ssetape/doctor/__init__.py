"""Finds out why nothing streams: facts about a machine and a response, and what they mean."""
