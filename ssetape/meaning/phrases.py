"""The phrases in which it is told what a message added to the answer. Pure.

Standard library only, because mitmproxy's windows show rows where nothing else is installed.
"""

import json
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

# Text as words show it. Made once: `json.dumps` makes an encoder for each call with options.
quoted = json.JSONEncoder(ensure_ascii=False).encode


class Sort(Enum):
    """What a phrase tells of, and so how it looks."""

    TEXT = "text"
    REASONING = "reasoning"
    CALL = "call"
    NOTE = "note"  # a role, a model, usage, a citation, why it stops
    ERROR = "error"


class Phrase(NamedTuple):
    """One thing that a message added: `"café"`, `call get_weather({"ci`, `usage 12+40`."""

    sort: Sort
    words: str


def in_words(phrases: Iterable[Phrase]) -> str:
    """The phrases of one message as one text."""
    return ", ".join(phrase.words for phrase in phrases)
