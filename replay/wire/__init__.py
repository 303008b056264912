"""Sends answers over the wire: HTTP/1.1, HTTP/2, WebSocket, TLS."""
