"""Writes JSON whose long strings and lists are made only while they are written.

So that an export needs no more memory for a large body than for a small one.
"""

from collections.abc import Iterable
from typing import Any, BinaryIO, NamedTuple

from ssetape.loose_json import dumped


class Text(NamedTuple):
    """A string, in pieces."""

    pieces: Iterable[str]


class Items(NamedTuple):
    """A list, item by item."""

    items: Iterable[Any]


def write_json(value: Any, out: BinaryIO) -> None:
    """Write a value; in objects, `Text` and `Items` may stand for a string and a list."""
    if type(value) is dict:
        out.write(b"{")
        for number, (name, inner) in enumerate(value.items()):
            out.write(b"," * bool(number) + dumped(name) + b":")
            write_json(inner, out)
        out.write(b"}")
    elif isinstance(value, Text):
        out.write(b'"')
        for piece in value.pieces:
            out.write(dumped(piece)[1:-1])
        out.write(b'"')
    elif isinstance(value, Items):
        out.write(b"[")
        for number, item in enumerate(value.items):
            out.write(b"," * bool(number) + dumped(item))
        out.write(b"]")
    else:
        out.write(dumped(value))
