"""What a stream's messages say, in terms common to all protocols.

A protocol's reader (`ssetape.protocols`) turns each message into facts; a fact has the time of its
message. Pieces of one answer share their `choice`, pieces of one tool call their `key`.
"""

from typing import Any, NamedTuple


class Text(NamedTuple):
    """A piece of the text shown to a person.

    Attributes:
        text: the text to append.
        choice: the index of the answer, if one request has several; 0 for the first.
        replaces: whether it replaces all earlier text of this choice.
    """

    text: str
    choice: int = 0
    replaces: bool = False


class Reasoning(NamedTuple):
    """A piece of the model's reasoning before it answers; attributes as in `Text`."""

    text: str
    choice: int = 0
    replaces: bool = False


class ToolCall(NamedTuple):
    """A piece of a tool call.

    Attributes:
        key: identifies the call; all its pieces have the same.
        id: the provider's id of the call, "" if this piece does not have it.
        name: the tool, "" if this piece does not name it.
        arguments: the text to append to its arguments, which are JSON once complete.
        choice: as in `Text`.
        replaces: whether `arguments` replaces all earlier ones.
    """

    key: str
    id: str = ""
    name: str = ""
    arguments: str = ""
    choice: int = 0
    replaces: bool = False


class Part(NamedTuple):
    """Any other part of the answer: a citation, a refusal, a file, a tool's result, data."""

    kind: str
    value: Any


class Usage(NamedTuple):
    """Usage counts under the provider's own names. A later count replaces an earlier one."""

    counts: dict[str, Any]


class Model(NamedTuple):
    """The answering model, as it names itself."""

    name: str


class Role(NamedTuple):
    """Who speaks, in the provider's own word."""

    role: str


class Stop(NamedTuple):
    """Why the answer ends, in the provider's own word."""

    reason: str
    choice: int = 0


class Failure(NamedTuple):
    """An error reported within the stream: its text and its full value."""

    text: str
    value: Any


class Done(NamedTuple):
    """The end of the meaning, and its marker; the transport may end later."""

    marker: str


Fact = Text | Reasoning | ToolCall | Part | Usage | Model | Role | Stop | Failure | Done
