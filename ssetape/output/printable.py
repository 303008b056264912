"""Escapes what a terminal would obey. Pure.

Standard library only, because the recorder's log uses it.
"""

import re

# C0 and C1 controls, DEL, and what changes the direction of text: a terminal would obey them, and
# captures come from anywhere.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """The text with control characters escaped, line feeds included."""

    def escape(match: re.Match[str]) -> str:
        char = match[0]
        code = ord(char)
        return _ESCAPES.get(char) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")

    return _UNPRINTABLE.sub(escape, text)


def printable_lines(text: str) -> str:
    """The text with control characters escaped, except line feeds and tabs."""
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def printable_json(line: str) -> str:
    """A line of JSON with control characters escaped as JSON escapes them: the same value."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", line)
