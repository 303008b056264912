"""Notices a stream that has words and is recognised, but of which nothing is understood. Pure.

Without this, a stream that was taken for another protocol's would just have an empty answer.
"""

from collections.abc import Iterable
from typing import Any

from ssetape.errors import MessageError
from ssetape.facts import Done, Fact, Model, Role, Stop, Usage
from ssetape.loose_json import parse
from ssetape.messages.message import StreamMessage

# Facts about an answer, which leave it empty.
_ABOUT = (Done, Model, Role, Stop, Usage)
# Where protocols have what is said; ids, times and settings stand elsewhere.
_PLACES = frozenset(
    {
        *("answer", "chunk", "completion", "content", "delta", "generated_text", "generation"),
        *("output", "outputText", "parts", "reply", "response", "result", "text", "text_output"),
        *("thinking", "token", "v", "value"),
    }
)
# An answer begins within so many messages; looking costs time.
_LOOKED_AT = 256
_LEVELS = 8
_SHOWN_CHARACTERS = 40


class Silence:
    """Sees the messages of a recognised stream and their facts, in order.

    Attributes:
        is_over: whether something was understood: nothing more need be seen.
    """

    def __init__(self) -> None:
        self._messages = 0
        self._words = ""
        self.is_over = False

    def see(self, message: StreamMessage, facts: Iterable[Fact]) -> None:
        """See a message and its facts."""
        if self.is_over:
            return
        self._messages += 1
        self.is_over = any(not isinstance(fact, _ABOUT) for fact in facts)
        if not self._words and not message.from_client and self._messages <= _LOOKED_AT:
            self._words = _words(message.data)

    def problem(self, protocol: str) -> str | None:
        """What is wrong, once all messages were seen; None if something was understood."""
        if self.is_over or not self._words:
            return None
        shown = self._words[:_SHOWN_CHARACTERS] + "..." * (len(self._words) > _SHOWN_CHARACTERS)
        return (
            f"recognised as {protocol}, but nothing was understood in {self._messages} messages, "
            f"which have words ({shown!r}): it may be another protocol, or an unknown dialect; "
            f"`ssetape show` prints the messages"
        )


def _words(data: str) -> str:
    """The first text in a message at a place where protocols have it; "" if there is none."""
    try:
        value = parse(data)
    except MessageError:
        return ""
    return _found(value, False, _LEVELS)


def _found(value: Any, is_place: bool, levels: int) -> str:
    if type(value) is str:
        return value if is_place and any(map(str.isalpha, value)) else ""
    if not levels:
        return ""
    if type(value) is dict:
        inner = ((each, key in _PLACES) for key, each in value.items())
    elif type(value) is list:
        inner = ((each, is_place) for each in value)
    else:
        return ""
    found = (_found(each, place, levels - 1) for each, place in inner)
    return next(filter(None, found), "")
