"""Splits multipart bodies, whatever their boundary. Pure.

https://www.rfc-editor.org/rfc/rfc2046#section-5.1
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from ssetape.format.values import Headers

# Nobody sends more; each is a value to compare.
PARTS_LIMIT = 1000
_FIRST_LINE = re.compile(rb"\s*--([^\r\n]{1,70}?)[ \t]*\r?\n(?=[!-9;-~]+:|\r?\n)")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class BodyPart:
    """A part: its headers and its bytes."""

    headers: Headers
    data: bytes


def boundary_of(body: bytes) -> bytes | None:
    """The boundary with which a body begins, whatever its label says; None if with none."""
    found = _FIRST_LINE.match(body)
    return found[1] if found else None


def body_parts(body: bytes, boundary: bytes) -> list[BodyPart] | None:
    """The parts of a body; None if it is not split by this boundary."""
    line = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|$)")
    ends = []
    for match in line.finditer(body):
        ends.append(match)
        if match[1] or len(ends) > PARTS_LIMIT:
            break
    if len(ends) < 2:
        return None
    return [_part(body[one.end() : other.start()]) for one, other in pairwise(ends)]


def _part(piece: bytes) -> BodyPart:
    piece = piece.removeprefix(b"\r").removeprefix(b"\n")
    if piece.startswith((b"\r\n", b"\n")):  # no headers
        return BodyPart([], piece.removeprefix(b"\r").removeprefix(b"\n"))
    head, *rest = _HEAD_END.split(piece, 1)
    headers = []
    for field in re.sub(rb"\r?\n[ \t]+", b" ", head).decode("utf-8", "surrogateescape").split("\n"):
        name, _, value = field.partition(":")
        headers.append((name.strip(), value.strip()))
    return BodyPart(headers, rest[0] if rest else b"")
