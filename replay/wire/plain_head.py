"""Recognises the heads of plain requests, of which no two parsers think differently. Pure.

h11 reads each head with care, which takes longer than to answer most of them. What is recognised
here is what h11 makes of it; everything else is left to h11.
"""

import re
from functools import lru_cache

from .http1_request import Http1Head

# Printable ASCII in the request line; names that are tokens; values without control characters;
# a line feed nowhere but after a carriage return, and no continued lines (RFC 9112).
_PLAIN = re.compile(
    rb"([A-Z]+) ([!-~]+) HTTP/1\.1\r\n"
    rb"((?:[-!#$%&'*+.^_`|~0-9a-zA-Z]+:[\t -~\x80-\xff]*\r\n)+)\r\n"
)
# They make the end of the request, or what follows it, a matter of more than a length.
_SPECIAL = frozenset({"expect", "transfer-encoding", "upgrade"})
_OF_BODY = "content-length"
_LENGTH = re.compile(r"[0-9]{1,7}")
# Clients send the same few heads again and again; a larger one is read each time.
_REMEMBERED = 64
_REMEMBERED_BYTES = 4 * 1024


def plain_head(wire: bytes) -> tuple[Http1Head, int] | None:
    """Return a head and the length of the body behind it, or None if h11 has to read it.

    Args:
        wire: the head, up to the blank line and with it.
    """
    return _remembered(wire) if len(wire) <= _REMEMBERED_BYTES else _read(wire)


def _read(wire: bytes) -> tuple[Http1Head, int] | None:
    found = _PLAIN.fullmatch(wire)
    if found is None or found[1] == b"CONNECT":
        return None
    lines = found[3].decode("latin-1").split("\r\n")[:-1]
    fields = [line.partition(":") for line in lines]
    headers = [(name, value.strip(" \t")) for name, _, value in fields]
    names = [name.lower() for name, _ in headers]
    lengths = [value for name, (_, value) in zip(names, headers, strict=True) if name == _OF_BODY]
    is_plain = names.count("host") == 1 and len(lengths) <= 1 and _SPECIAL.isdisjoint(names)
    if not is_plain or not all(map(_LENGTH.fullmatch, lengths)):
        return None
    head = Http1Head(found[1].decode(), found[2].decode(), headers)
    return head, int(lengths[0]) if lengths else 0


_remembered = lru_cache(maxsize=_REMEMBERED)(_read)
