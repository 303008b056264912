"""The measurement of a capture, and the meter that makes it as the capture is read."""

from dataclasses import dataclass, field, replace
from typing import Any

from ssetape.facts import Fact, Failure, Model, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.format import decode
from ssetape.format.plain_blocks import Plain
from ssetape.format.values import BYTES, END, TEXT, End, Record
from ssetape.meaning.reading import Meaning, Understood
from ssetape.meaning.tokens import OutputTokens, output_tokens
from ssetape.measures.distribution import Distribution
from ssetape.measures.gaps import Silence, Timing
from ssetape.measures.milestones import Milestones
from ssetape.measures.other_tools import Figure, OtherTools
from ssetape.messages.arrivals import ArrivalCounts
from ssetape.messages.message import StreamMessage
from ssetape.messages.ordinary import is_one_body


@dataclass(slots=True)
class Measurement:
    """The measurement of one capture. Times are in seconds since the request was sent.

    Attributes:
        name: the capture's name.
        protocol, model: as in `ssetape.meaning.answer.Answer`.
        milestones: the named moments.
        events: how many events (lines, frames, server messages) there are.
        is_one_body: whether it is an ordinary response, not a stream.
        chunks, size_bytes: of the body as received.
        gaps: the times from each event to the next.
        stalls: the longest gaps, the longest first.
        rhythm: the longest gap in each of several equal stretches of time; None where none ended.
        events_per_s: from the first event to the last; None if they are not at two times.
        bytes_per_s: from the first byte to the last; None likewise.
        tokens: the output tokens, or None.
        tokens_per_s: from the first piece of content to the last; None likewise.
        usage: the provider's own counts.
        stop: why the answer ended, in the provider's own word.
        error: the text of an error within the stream.
        end: how the transport ended; None if recording was interrupted.
        ended: all that is known of that end.
        figures: what other tools would report.
        problems: what could not be read.
    """

    name: str
    protocol: str | None = None
    model: str | None = None
    milestones: Milestones = field(default_factory=Milestones)
    events: int = 0
    is_one_body: bool = False
    chunks: int = 0
    size_bytes: int = 0
    gaps: Distribution = field(default_factory=Distribution)
    stalls: list[Silence] = field(default_factory=list)
    rhythm: list[float | None] = field(default_factory=list)
    events_per_s: float | None = None
    bytes_per_s: float | None = None
    tokens: OutputTokens | None = None
    tokens_per_s: float | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    stop: str | None = None
    error: str | None = None
    end: str | None = None
    ended: End | None = None
    figures: list[Figure] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Meter:
    """Measures one exchange while it is read, in bounded memory.

    Args:
        name: the capture's name.

    Attributes:
        end: how the exchange ended, once read.
    """

    def __init__(self, name: str) -> None:
        self.end: End | None = None
        self._name = name
        self._traffic = ArrivalCounts()
        self._timing = Timing()
        self._milestones = Milestones()
        self._content = _Content()
        self._other_tools: OtherTools | None = None

    def take(self, record: Record) -> None:
        """Count a record; call for each, in order. In a WebSocket, only server messages count."""
        code = record[1]
        if code in (TEXT, BYTES):
            self._traffic.add(record[0], len(record[2]))
        elif code == END:
            self.end = decode.end(record)

    def came(self, message: StreamMessage) -> None:
        """Time a message, as soon as it is complete."""
        if not message.from_client:
            self._timing.see(message.t_s, message.name, message.data)

    def came_plain(self, block: Plain) -> None:
        """Count and time a block of records that are one event each."""
        self._timing.see_all(block)
        self._traffic.add_all(block.times, block.size_bytes)

    def said(self, message: StreamMessage, facts: list[Fact], protocol: str | None) -> None:
        """Record the facts of a message."""
        if protocol is None:
            return
        if self._other_tools is None:
            self._other_tools = OtherTools(protocol)
        self._other_tools.see(message, facts)
        for fact in facts:
            self._milestones.see(message.t_s, fact)
            self._content.see(message.t_s, fact)

    def said_all(self, understood: list[Understood], protocol: str | None) -> None:
        """Record several messages; equals `said` for each, in a fifth of the time for texts."""
        times: list[float] = []
        characters = 0
        has_text = self._milestones.first_text_s is not None
        for message, facts in understood:
            if has_text and len(facts) == 1:
                fact = facts[0]
                if type(fact) is Text and fact.text and not message.from_client:
                    times.append(message.t_s)
                    characters += len(fact.text)
                    continue
            self._said_texts(times, characters)
            times, characters = [], 0
            self.said(message, facts, protocol)
            has_text = self._milestones.first_text_s is not None
        self._said_texts(times, characters)

    def _said_texts(self, times: list[float], characters: int) -> None:
        """Record messages after the first text, each of which is only a text."""
        if times and self._other_tools is not None:
            self._milestones.last_text_s = times[-1]
            self._content.said(times[-1], characters)
            self._other_tools.see_texts(times)

    def measured(self, meaning: Meaning, problems: list[str]) -> Measurement:
        """The measurement so far; more records may follow.

        Args:
            meaning: the meaning from the same reading.
            problems: what could not be read in the file.
        """
        timing, traffic, content, end = self._timing, self._traffic, self._content, self.end
        head = meaning.messages.head
        tokens = output_tokens(content.usage, content.characters)
        return Measurement(
            self._name,
            protocol=meaning.protocol,
            model=content.model,
            milestones=replace(
                self._milestones,
                head_s=head.t_s if head else None,
                first_byte_s=traffic.first_s,
                first_event_s=timing.first_s,
                end_s=end.t_s if end else None,
            ),
            events=timing.count,
            is_one_body=is_one_body(meaning.messages, timing.count),
            chunks=traffic.chunks,
            size_bytes=traffic.size_bytes,
            gaps=timing.gaps,
            stalls=timing.stalls(),
            rhythm=timing.rhythm.longest(),
            events_per_s=_rate(timing.count - 1, timing.first_s, timing.last_s),
            bytes_per_s=_rate(traffic.size_bytes, traffic.first_s, traffic.last_s),
            tokens=tokens,
            tokens_per_s=_rate(tokens.count, content.first_s, content.last_s) if tokens else None,
            usage=content.usage,
            stop=content.stop,
            error=content.error,
            end=end.reason if end else None,
            ended=end,
            figures=self._figures(meaning, tokens),
            problems=[*meaning.problems, *problems],
        )

    def _figures(self, meaning: Meaning, tokens: OutputTokens | None) -> list[Figure]:
        if meaning.protocol is None:
            return []
        other_tools = self._other_tools or OtherTools(meaning.protocol)
        return other_tools.figures(tokens.count if tokens else None)


class _Content:
    """The content so far, as far as it is measured."""

    def __init__(self) -> None:
        self.characters = 0
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.model: str | None = None
        self.usage: dict[str, Any] = {}
        self.stop: str | None = None
        self.error: str | None = None

    def see(self, t_s: float, fact: Any) -> None:
        kind = type(fact)
        if kind is Text or kind is Reasoning:
            self.said(t_s, len(fact.text))
        elif kind is ToolCall:
            self.said(t_s, len(fact.name) + len(fact.arguments))
        elif kind is Usage:
            self.usage.update(fact.counts)
        elif kind is Model:
            self.model = self.model or fact.name
        elif kind is Stop:
            self.stop = self.stop or fact.reason
        elif kind is Failure:
            self.error = self.error or fact.text

    def said(self, t_s: float, characters: int) -> None:
        if characters:
            self.characters += characters
            self.first_s = t_s if self.first_s is None else self.first_s
            self.last_s = t_s


def _rate(count: int, first_s: float | None, last_s: float | None) -> float | None:
    if first_s is None or last_s is None or last_s <= first_s or count < 1:
        return None
    return count / (last_s - first_s)
