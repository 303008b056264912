"""Faults in passing streams: the client gets them, the capture has what the server sent."""
