"""Recognises forms without a label. Pure."""

import re

_FIELD = r"[\w.~%+*\[\]()-]+=[^\s&=]*"
_FORM = re.compile(rf"{_FIELD}(?:&{_FIELD})*\s*")


def is_form(text: str) -> bool:
    """Whether a text is written as forms are: names and values, percent-encoded."""
    return _FORM.fullmatch(text) is not None
