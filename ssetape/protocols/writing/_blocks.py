"""The base of all writers: facts become blocks of text, reasoning and tool calls."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, NamedTuple

from ssetape.errors import SsetapeError
from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Model,
    Reasoning,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.loose_json import dumped
from ssetape.messages.detection import EVENT_STREAM
from ssetape.messages.writing import event

Frame = Callable[[str, bytes], bytes]

Fields = tuple[tuple[str, str], ...]

_EVENT_STREAM: Fields = (
    ("content-type", f"{EVENT_STREAM}; charset=utf-8"),
    ("cache-control", "no-cache"),
)


class Opening(NamedTuple):
    """What a stream has that no fact says.

    Attributes:
        id: 32 hexadecimal digits, of which the ids of the answer are made.
        created_s: when it is said to have been created, s since 1970.
    """

    id: str
    created_s: int


class Tokens(NamedTuple):
    """How many tokens a question and its answer have; `reasoning` is a part of `output`."""

    input: int
    output: int
    reasoning: int = 0


class Kind(Enum):
    """What a block holds."""

    TEXT = "text"
    REASONING = "reasoning"
    CALL = "tool call"


@dataclass(slots=True)
class Block:
    """A part of the answer that is told in pieces: a text, a reasoning, a tool call.

    Attributes:
        index: its place among all blocks of the answer, from 0.
        of_kind: its place among those of its kind.
        id, name: of a tool call.
        pieces: what of it has been written.
    """

    kind: Kind
    index: int
    of_kind: int
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that has been written of it."""
        return "".join(self.pieces)


class BlockWriter(ABC):
    """Writes the facts of one answer: those about all of it first, then its pieces, then its end.

    `Model`, `Role`, `Stop` and `Usage` are kept until the protocol has a place for them. `Done`
    writes the end; a `Failure` breaks off.

    Attributes:
        URL: where the provider is asked; `{model}` stands for the model.
        METHOD: how.
        HEADERS: those of its response.
        MODEL: the model, unless another is asked for.
        ROLE: who speaks, in the provider's own word.
        STOP, CALLS_STOP: why an answer ends, in the provider's own word: at its end, or because
            tools are called.
        STOPS: the only such words; () if there may be others.
        LACKS: the facts that the protocol has no place for.
        frame: how a message becomes bytes.
        opening: what no fact says.
    """

    METHOD: ClassVar[str] = "POST"
    HEADERS: ClassVar[Fields] = _EVENT_STREAM
    ROLE: ClassVar[str] = "assistant"
    STOPS: ClassVar[tuple[str, ...]] = ()
    LACKS: ClassVar[frozenset[type[Fact]]] = frozenset()
    URL: ClassVar[str]
    MODEL: ClassVar[str]
    STOP: ClassVar[str]
    CALLS_STOP: ClassVar[str]
    frame: Frame = staticmethod(event)

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.model = self.MODEL
        self.role = self.ROLE
        self.stop = self.STOP
        self.usage: dict[str, Any] = {}
        self.blocks: list[Block] = []
        self._is_begun = False
        self._block: Block | None = None
        self._key: object = None

    @classmethod
    @abstractmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any] | None:
        """The body of a request that is answered so; None if it has none."""

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        """The usage in the provider's own names; {} if it reports none."""
        return {}

    def write(self, fact: Fact) -> Iterator[bytes]:
        """Yield the bytes of the messages that a fact adds.

        Raises:
            SsetapeError: the protocol has no place for such a fact.
        """
        kind = type(fact)
        if kind in self.LACKS:
            raise SsetapeError(f"the protocol has no place for {words_for(kind)}")
        if isinstance(fact, Text):
            if fact.text:
                yield from self._piece(Kind.TEXT, Kind.TEXT, fact.text)
        elif isinstance(fact, Reasoning):
            if fact.text:
                yield from self._piece(Kind.REASONING, Kind.REASONING, fact.text)
        elif isinstance(fact, ToolCall):
            yield from self._piece(Kind.CALL, fact.key, fact.arguments, fact)
        elif isinstance(fact, Model):
            self.model = fact.name
        elif isinstance(fact, Role):
            self.role = fact.role
        elif isinstance(fact, Stop):
            self.stop = fact.reason
        elif isinstance(fact, Usage):
            self.usage = fact.counts
        else:
            yield from self._begun()
            if isinstance(fact, Failure):
                # A text is cut; of a call, some protocols would say nothing at all.
                if self._block is not None and self._block.kind is Kind.CALL:
                    yield from self._ended()
                yield from self.fail(fact.text)
            elif isinstance(fact, Done):
                yield from self._ended()
                yield from self.end()
            else:
                raise SsetapeError(f"the protocol has no place for {words_for(kind)}")

    def begin(self) -> Iterator[bytes]:
        """Yield what precedes all blocks."""
        return iter(())

    def start(self, block: Block) -> Iterator[bytes]:
        """Yield the start of a block."""
        return iter(())

    def finish(self, block: Block) -> Iterator[bytes]:
        """Yield the end of a block."""
        return iter(())

    @abstractmethod
    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        """Yield a piece of a block."""

    def fail(self, text: str) -> Iterator[bytes]:
        """Yield an error, which breaks the answer off."""
        return iter(())

    def end(self) -> Iterator[bytes]:
        """Yield what follows all blocks."""
        return iter(())

    def say(self, value: Any, name: str = "") -> bytes:
        """A value as JSON in a message."""
        return self.frame(name, dumped(value))

    def _piece(
        self, kind: Kind, key: object, text: str, call: ToolCall | None = None
    ) -> Iterator[bytes]:
        block = self._block
        if block is None or key != self._key:
            yield from self._begun()
            yield from self._ended()
            of_kind = sum(each.kind is kind for each in self.blocks)
            block = Block(kind, len(self.blocks), of_kind)
            if call is not None:
                block.id, block.name = call.id, call.name
            self.blocks.append(block)
            self._block, self._key = block, key
            yield from self.start(block)
        if text:
            block.pieces.append(text)
            yield from self.piece(block, text)

    def _begun(self) -> Iterator[bytes]:
        if not self._is_begun:
            self._is_begun = True
            yield from self.begin()

    def _ended(self) -> Iterator[bytes]:
        block, self._block = self._block, None
        if block is not None:
            yield from self.finish(block)


def words_for(kind: type[Fact]) -> str:
    """What a person calls such facts."""
    return _WORDS.get(kind, "this")


_WORDS: dict[type[Fact], str] = {
    Text: "text",
    Reasoning: "reasoning",
    ToolCall: "tool calls",
    Usage: "usage",
    Model: "the model's name",
    Role: "a role",
    Stop: "a stop reason",
    Failure: "an error",
    Done: "an end",
}
