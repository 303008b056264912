"""What a stream's messages say, in the same few words whatever their protocol.

A reader of a protocol (`ssetape.protocols`) turns each message into facts; a fact has the time of
its message. Pieces belong together by their `choice`, and those of a tool call by its `key`.
"""

from typing import Any, NamedTuple


class Text(NamedTuple):
    """A piece of what a person gets to see.

    Attributes:
        text: what is added.
        choice: of several answers to one request, which; 0 for the first.
        replaces: whether all text of this choice before it is void.
    """

    text: str
    choice: int = 0
    replaces: bool = False


class Reasoning(NamedTuple):
    """A piece of what the model thinks before it answers: as `Text`."""

    text: str
    choice: int = 0
    replaces: bool = False


class ToolCall(NamedTuple):
    """A piece of a call of a tool.

    Attributes:
        key: what pieces of one call have in common.
        id: its id as the provider gives it, "" if this piece does not say.
        name: the tool, "" if this piece does not say.
        arguments: what is added to its arguments, which are JSON in the end.
        choice: as in `Text`.
        replaces: whether `arguments` are all of them, whatever came before.
    """

    key: str
    id: str = ""
    name: str = ""
    arguments: str = ""
    choice: int = 0
    replaces: bool = False


class Part(NamedTuple):
    """Something else of the answer: a citation, a refusal, a file, a tool's result, its data."""

    kind: str
    value: Any


class Usage(NamedTuple):
    """What was used, under the provider's own names. Later counts of a name supersede earlier."""

    counts: dict[str, Any]


class Model(NamedTuple):
    """The model that answers, as it names itself."""

    name: str


class Role(NamedTuple):
    """Who speaks, as the provider says it."""

    role: str


class Stop(NamedTuple):
    """Why the answer ends, in the provider's own word."""

    reason: str
    choice: int = 0


class Failure(NamedTuple):
    """An error told within the stream: its text, and all that was said of it."""

    text: str
    value: Any


class Done(NamedTuple):
    """The end of the meaning, and what marked it; the transport may end later."""

    marker: str


Fact = Text | Reasoning | ToolCall | Part | Usage | Model | Role | Stop | Failure | Done
