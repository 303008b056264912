"""Puts facts together: the answer as a whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(slots=True)
class Call:
    """A call of a tool: `arguments` are JSON as the model wrote it, perhaps cut short."""

    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class Choice:
    """One answer to a request.

    Attributes:
        text: what a person sees of it.
        reasoning: what the model thought before.
        tool_calls: the tools it calls, in order.
        stop: why it ends, in the provider's own word, or None if that was not said.
    """

    text: str
    reasoning: str
    tool_calls: list[Call]
    stop: str | None


@dataclass(slots=True)
class Answer:
    """All that a stream said.

    Attributes:
        protocol: what it speaks; None: it is not known here.
        model: the model, as it names itself, or None.
        role: who speaks, or None.
        choices: the answers, at least one; nearly always it is the only one.
        parts: what else came: (kind, value) of citations, refusals, files, results of tools.
        usage: the provider's own counts.
        error: what an error within the stream says, or None.
        done: what marked the end of the meaning, or None: it was cut short, or nothing does.
        problems: messages that could not be read, in words.
    """

    protocol: str | None
    model: str | None = None
    role: str | None = None
    choices: list[Choice] = field(default_factory=list)
    parts: list[tuple[str, Any]] = field(default_factory=list)
    usage: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    done: str | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What a person sees of the first answer."""
        return self.choices[0].text

    @property
    def reasoning(self) -> str:
        """What the model thought before the first answer."""
        return self.choices[0].reasoning

    @property
    def tool_calls(self) -> list[Call]:
        """The tools that the first answer calls."""
        return self.choices[0].tool_calls

    @property
    def stop(self) -> str | None:
        """Why the first answer ends."""
        return self.choices[0].stop


class AnswerDraft:
    """An answer while its facts come."""

    def __init__(self) -> None:
        self._answer = Answer(None)
        self._choices: dict[int, _Draft] = {}

    def add(self, fact: Fact) -> None:
        """Take the next fact."""
        answer = self._answer
        if isinstance(fact, Text | Reasoning | ToolCall | Stop):
            self._choices.setdefault(fact.choice, _Draft()).add(fact)
        elif isinstance(fact, Usage):
            answer.usage.update(fact.counts)
        elif isinstance(fact, Part):
            answer.parts.append((fact.kind, fact.value))
        elif isinstance(fact, Failure):
            answer.error = answer.error or fact.text
        elif isinstance(fact, Done):
            answer.done = answer.done or fact.marker
        elif isinstance(fact, Model):
            answer.model = answer.model or fact.name
        elif isinstance(fact, Role):
            answer.role = answer.role or fact.role

    def finished(self, protocol: str | None, problems: list[str]) -> Answer:
        """The answer of the facts so far; `protocol` and `problems` as in `Answer`."""
        answer = self._answer
        drafts = [self._choices[number] for number in sorted(self._choices)] or [_Draft()]
        answer.choices = [draft.finished() for draft in drafts]
        answer.protocol, answer.problems = protocol, problems
        return answer


def assemble(protocol: str | None, facts: Iterable[Fact]) -> Answer:
    """Put an answer together from its facts."""
    draft = AnswerDraft()
    for fact in facts:
        draft.add(fact)
    return draft.finished(protocol, [])


class _Draft:
    """One choice while it comes. Pieces are kept in lists and joined once."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[str, _CallDraft] = {}
        self._stop: str | None = None

    def add(self, fact: Text | Reasoning | ToolCall | Stop) -> None:
        if isinstance(fact, Stop):
            self._stop = fact.reason or self._stop
        elif isinstance(fact, ToolCall):
            self._calls.setdefault(fact.key, _CallDraft()).add(fact)
        else:
            pieces = self._text if isinstance(fact, Text) else self._reasoning
            if fact.replaces:
                pieces.clear()
            pieces.append(fact.text)

    def finished(self) -> Choice:
        calls = [call.finished() for call in self._calls.values()]
        return Choice(joined(self._text), joined(self._reasoning), calls, self._stop)


class _CallDraft:
    def __init__(self) -> None:
        self._id = self._name = ""
        self._arguments: list[str] = []

    def add(self, fact: ToolCall) -> None:
        self._id = fact.id or self._id
        self._name = fact.name or self._name
        if fact.replaces:
            self._arguments.clear()
        self._arguments.append(fact.arguments)

    def finished(self) -> Call:
        return Call(self._id, self._name, joined(self._arguments))


def joined(pieces: Iterable[str]) -> str:
    """The pieces as one text. Half surrogate pairs become whole; lonely ones become U+FFFD."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
