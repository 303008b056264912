"""Measures a capture: milestones, gaps, stalls, rates, and what other tools would say of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ssetape.errors import EventTooLarge
from ssetape.facts import Failure, Model, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.meaning.reading import Meaning
from ssetape.meaning.tokens import OutputTokens, output_tokens
from ssetape.measures import fast_path
from ssetape.measures.distribution import Distribution
from ssetape.measures.gaps import Stall, Timing
from ssetape.measures.milestones import Milestones
from ssetape.measures.other_tools import Figure, Yardsticks
from ssetape.messages.arrivals import Traffic

if TYPE_CHECKING:
    from ssetape.capture import Capture


@dataclass(slots=True)
class Measurement:
    """What was measured of one capture. Times are in seconds since the request was sent.

    Attributes:
        name: the capture's name.
        protocol, model: as in `ssetape.meaning.answer.Answer`.
        milestones: the named moments.
        events: how many events (lines, frames, messages of the server) there are.
        chunks, size_bytes: of the body as it came.
        gaps: the times from each event to the next.
        stalls: the longest gaps, the longest first.
        rhythm: the longest gap in each of some stretches of equal time; None where none ended.
        events_per_s: from the first event to the last; None of fewer than two moments.
        bytes_per_s: from the first byte to the last, likewise.
        tokens: how many tokens came out.
        tokens_per_s: of these, from the first piece of content to the last, likewise.
        usage: the provider's own counts.
        stop: why the answer ended, in the provider's own word.
        error: what an error within the stream says.
        end: how the transport ended, or None: recording was interrupted.
        figures: what other tools would report.
        problems: what could not be read.
    """

    name: str
    protocol: str | None = None
    model: str | None = None
    milestones: Milestones = field(default_factory=Milestones)
    events: int = 0
    chunks: int = 0
    size_bytes: int = 0
    gaps: Distribution = field(default_factory=Distribution)
    stalls: list[Stall] = field(default_factory=list)
    rhythm: list[float | None] = field(default_factory=list)
    events_per_s: float | None = None
    bytes_per_s: float | None = None
    tokens: OutputTokens | None = None
    tokens_per_s: float | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    stop: str | None = None
    error: str | None = None
    end: str | None = None
    figures: list[Figure] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def measure(capture: "Capture") -> Measurement:
    """Measure a capture, reading it once, in memory that does not grow with it.

    Raises:
        CaptureError: it cannot be read (further).
    """
    made = Measurement(capture.name)
    milestones = made.milestones
    response, end = capture.response, capture.end
    milestones.head_s = response.t_s if response else None
    milestones.end_s = end.t_s if end else None
    made.end = end.reason if end else None

    meaning = Meaning(capture)
    meaning.recognise()
    timing, content = Timing(), _Content()
    yardsticks = Yardsticks(meaning.protocol)
    if meaning.protocol is None and fast_path.can_be_read(capture):
        meaning.traffic = Traffic()
        try:
            fast_path.read(capture, timing, meaning.traffic)
        except EventTooLarge as error:
            made.problems.append(str(error))
    else:
        meaning = Meaning(capture)
        for message, facts in meaning.read():
            yardsticks.see(message, facts)
            if not message.from_client:
                timing.see(message.t_s, message.name, message.data)
            for fact in facts:
                milestones.see(message.t_s, fact)
                content.see(message.t_s, fact)

    traffic = meaning.traffic
    milestones.first_byte_s = traffic.first_s
    milestones.first_event_s = timing.first_s
    made.protocol = meaning.protocol
    made.chunks, made.size_bytes = traffic.chunks, traffic.size_bytes
    made.events, made.gaps, made.stalls = timing.count, timing.gaps, timing.stalls()
    made.rhythm = timing.rhythm.longest()
    made.model, made.usage = content.model, content.usage
    made.stop, made.error = content.stop, content.error
    made.tokens = output_tokens(content.usage, content.characters)
    made.events_per_s = _rate(timing.count - 1, timing.first_s, timing.last_s)
    made.bytes_per_s = _rate(traffic.size_bytes, traffic.first_s, traffic.last_s)
    if made.tokens is not None:
        made.tokens_per_s = _rate(made.tokens.count, content.first_s, content.last_s)
    if made.protocol is not None:
        made.figures = yardsticks.figures(made.tokens.count if made.tokens else None)
    made.problems += [*meaning.problems, *capture.problems]
    return made


class _Content:
    """What was said, as far as it is counted."""

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
            self._said(t_s, len(fact.text))
        elif kind is ToolCall:
            self._said(t_s, len(fact.name) + len(fact.arguments))
        elif kind is Usage:
            self.usage.update(fact.counts)
        elif kind is Model:
            self.model = self.model or fact.name
        elif kind is Stop:
            self.stop = self.stop or fact.reason
        elif kind is Failure:
            self.error = self.error or fact.text

    def _said(self, t_s: float, characters: int) -> None:
        if characters:
            self.characters += characters
            self.first_s = t_s if self.first_s is None else self.first_s
            self.last_s = t_s


def _rate(count: int, first_s: float | None, last_s: float | None) -> float | None:
    if first_s is None or last_s is None or last_s <= first_s or count < 1:
        return None
    return count / (last_s - first_s)


def milestone_distributions(
    measurements: list[Measurement],
) -> Iterator[tuple[str, Distribution]]:
    """Each milestone's distribution over several captures, without those that nobody reached."""
    columns: dict[str, Distribution] = {}
    for each in measurements:
        for name, t_s in each.milestones.named()[1:]:
            if t_s is not None:
                columns.setdefault(name, Distribution()).add(max(0.0, t_s))
    for name, _ in Milestones().named():
        if name in columns:
            yield name, columns[name]
