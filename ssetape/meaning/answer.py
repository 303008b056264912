"""Assembles facts into an answer."""

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
from ssetape.format.bounds import HELD_LIMIT_CHARACTERS


@dataclass(slots=True)
class Call:
    """A tool call: `arguments` is JSON as the model wrote it, perhaps cut short."""

    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class Choice:
    """One answer to a request.

    Attributes:
        text: the text shown to a person.
        reasoning: the model's reasoning before it.
        tool_calls: the tool calls in it, in order.
        stop: why it ends, in the provider's own word, or None if not stated.
    """

    text: str
    reasoning: str
    tool_calls: list[Call]
    stop: str | None


@dataclass(slots=True)
class Answer:
    """Everything that a stream said.

    Attributes:
        protocol: the stream's protocol; None if it is unknown.
        model: the model, as it names itself, or None.
        role: who speaks, or None.
        choices: the answers: at least one, nearly always exactly one.
        parts: the other parts, as (kind, value): citations, refusals, files, tool results.
        usage: the provider's own counts.
        error: the text of an error within the stream, or None.
        done: what marked the end of the meaning; None if it was cut short, or has no marker.
        problems: descriptions of what could not be read.
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
        """The text of the first answer."""
        return self.choices[0].text

    @property
    def reasoning(self) -> str:
        """The model's reasoning before the first answer."""
        return self.choices[0].reasoning

    @property
    def tool_calls(self) -> list[Call]:
        """The tool calls in the first answer."""
        return self.choices[0].tool_calls

    @property
    def stop(self) -> str | None:
        """Why the first answer ends."""
        return self.choices[0].stop


class AnswerDraft:
    """An answer whose facts are still arriving."""

    def __init__(self) -> None:
        self._answer = Answer(None)
        self._choices: dict[int, _Draft] = {}
        self._characters = 0
        self._is_full = False

    def add(self, fact: Fact) -> None:
        """Add the next fact."""
        answer = self._answer
        if isinstance(fact, Stop):
            self._choices.setdefault(fact.choice, _Draft()).stop(fact)
        elif isinstance(fact, Text | Reasoning | ToolCall):
            self._add(fact)
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

    def _add(self, fact: Text | Reasoning | ToolCall) -> None:
        text = fact.arguments if isinstance(fact, ToolCall) else fact.text
        draft = self._choices.setdefault(fact.choice, _Draft())
        if fact.replaces:
            self._characters -= draft.clear(fact)
        self._is_full = self._is_full or self._characters + len(text) > HELD_LIMIT_CHARACTERS
        if not self._is_full:
            self._characters += len(text)
            draft.add(fact)

    def finished(self, protocol: str | None, problems: list[str]) -> Answer:
        """The answer from the facts so far; `protocol` and `problems` as in `Answer`."""
        answer = self._answer
        if self._is_full:
            limit = f"{HELD_LIMIT_CHARACTERS:,} characters"
            problems = [*problems, f"the answer is longer than {limit}, and was cut there"]
        drafts = [self._choices[number] for number in sorted(self._choices)] or [_Draft()]
        answer.choices = [draft.finished() for draft in drafts]
        answer.protocol, answer.problems = protocol, problems
        return answer


class _Draft:
    """One choice still arriving. Pieces are kept in lists and joined once."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[str, _CallDraft] = {}
        self._stop: str | None = None

    def stop(self, fact: Stop) -> None:
        self._stop = fact.reason or self._stop

    def add(self, fact: Text | Reasoning | ToolCall) -> None:
        if isinstance(fact, ToolCall):
            self._calls.setdefault(fact.key, _CallDraft()).add(fact)
        else:
            self._pieces(fact).append(fact.text)

    def clear(self, fact: Text | Reasoning | ToolCall) -> int:
        """Drop what a fact replaces; return how many characters that were."""
        if isinstance(fact, ToolCall):
            pieces = self._calls.setdefault(fact.key, _CallDraft()).arguments
        else:
            pieces = self._pieces(fact)
        characters = sum(map(len, pieces))
        pieces.clear()
        return characters

    def _pieces(self, fact: Text | Reasoning) -> list[str]:
        return self._text if isinstance(fact, Text) else self._reasoning

    def finished(self) -> Choice:
        calls = [call.finished() for call in self._calls.values()]
        return Choice(joined(self._text), joined(self._reasoning), calls, self._stop)


class _CallDraft:
    def __init__(self) -> None:
        self._id = self._name = ""
        self.arguments: list[str] = []

    def add(self, fact: ToolCall) -> None:
        self._id = fact.id or self._id
        self._name = fact.name or self._name
        self.arguments.append(fact.arguments)

    def finished(self) -> Call:
        return Call(self._id, self._name, joined(self.arguments))


def joined(pieces: Iterable[str]) -> str:
    """The pieces as one text. Split surrogate pairs are joined; lone halves become U+FFFD."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
