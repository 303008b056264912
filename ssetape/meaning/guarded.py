"""The one guard around protocols, whose code may be another package's, or have a bug.

Whatever that code raises or makes, commands and pages go on: it becomes a problem that is told.
Everything that reads the meaning of messages does so through `Meaning`, and so through here.
"""

from collections.abc import Callable
from typing import Any

from ssetape import protocols
from ssetape.errors import MessageError
from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Model,
    Part,
    Reasoning,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.messages.message import StreamMessage

# The types of each fact's fields, which nobody checks again.
_FIELDS: dict[type, tuple[type, ...]] = {
    Text: (str, int, bool),
    Reasoning: (str, int, bool),
    ToolCall: (str, str, str, str, int, bool),
    Part: (str, object),
    Usage: (dict,),
    Model: (str,),
    Role: (str,),
    Stop: (str, int),
    Failure: (str, object),
    Done: (str,),
}

Note = Callable[[str], None]


class GuardedReader:
    """Reads messages with a protocol's reader.

    Args:
        protocol: the protocol that the messages follow.
        note: receives what goes wrong.
    """

    def __init__(self, protocol: protocols.Protocol, note: Note) -> None:
        self._name = protocol.NAME
        self._note = note
        self._reader: protocols.Reader | None = None
        self._read_typed: Callable[[StreamMessage], list[Fact] | None] = lambda message: None
        try:
            self._reader = protocol.Reader()
            if isinstance(self._reader, protocols.TypedReader):
                self._read_typed = self._reader.read_typed
        except Exception as error:  # a bug in its code
            note(f"the reader of {self._name} cannot begin: {in_words(error)}")

    def read(self, message: StreamMessage, number: int) -> list[Fact]:
        """The facts in a message, up to the first thing that goes wrong."""
        facts: list[Fact] = []
        try:
            typed = self._read_typed(message)
            if typed is not None:
                return typed
            if self._reader is None:
                return facts
            for fact in self._reader.read(message):
                if not is_sound(fact):
                    self._told(message, number, f"the reader of {self._name} made {_shown(fact)}")
                    break
                facts.append(fact)
        except MessageError as error:
            self._told(message, number, str(error))
        except Exception as error:  # a bug in its code
            problem = f"the reader of {self._name} failed: {in_words(error)}"
            self._told(message, number, problem)
        return facts

    def _told(self, message: StreamMessage, number: int, problem: str) -> None:
        self._note(f"message #{number} at {message.t_s:.3f} s: {problem}")


def in_words(error: Exception) -> str:
    """An exception as text, even if its own code cannot make any."""
    try:
        return f"{error!r:.200}"
    except Exception:
        return type(error).__name__


def is_sound(fact: Any) -> bool:
    """Whether a value is a fact, with fields of the right types."""
    fields = _FIELDS.get(type(fact))
    if fields is None:
        return False
    # The first way takes half the time, and nearly always suffices.
    return tuple(map(type, fact)) == fields or all(map(isinstance, fact, fields))


def _shown(fact: Any) -> str:
    try:
        return f"no fact, or one with fields of wrong types: {fact!r:.100}"
    except Exception:
        return f"no fact: a {type(fact).__name__}"
