"""Formats what the pages show: numbers with units, control characters as escapes. Pure."""

import re

# C0 and C1 controls, controls of text direction, and bytes of file names that are not UTF-8.
_UNPRINTABLE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: object) -> str:
    """Text with control characters as escapes; line feeds and tabs stay."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", str(text))


def seconds(value: float | None) -> str:
    """A time in seconds."""
    return "-" if value is None else f"{value:.3f} s"


def moved(first: float | None, second: float | None) -> str:
    """The difference between two times; "" if either is None."""
    return "" if first is None or second is None else f"{second - first:+.3f} s"


FILTERS = {"printable": printable, "seconds": seconds}
