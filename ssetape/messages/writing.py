"""Frames messages as the bytes of a body: the way back of `framing`. AWS's frames are in `aws`.

Every function takes a message's name and its data.
"""

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")


def event(name: str, data: bytes) -> bytes:
    """A message as an event, its type first. Line ends within the data become LF."""
    head = b"event: %b\n" % name.encode() if name else b""
    return b"%b%b\n" % (head, _data_lines(data, b"\n"))


def event_crlf(name: str, data: bytes) -> bytes:
    """A message as an event whose lines end with CRLF."""
    head = b"event: %b\r\n" % name.encode() if name else b""
    return b"%b%b\r\n" % (head, _data_lines(data, b"\r\n"))


def line(name: str, data: bytes) -> bytes:
    """A message as a line, without a name, as lines have none; the data has no line end."""
    return data + b"\n"


def _data_lines(data: bytes, end: bytes) -> bytes:
    if b"\n" not in data and b"\r" not in data:
        return b"data: %b%b" % (data, end)
    return b"".join(b"data: %b%b" % (each, end) for each in _LINE_END.split(data))
