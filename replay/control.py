"""Control of a server for tests: pause, resume and step streams, and list what was served.

Call it only from the server's event loop; from other threads, use `running.Running`.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

from ssetape.errors import CaptureError
from ssetape.format.values import Chunk
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.messages.reading import MessageReader

from .counts import Counts, OwnCounts
from .exchange import ClientRequest, Play, Say
from .faults import Scenario
from .meter import Meter
from .stream import Stream
from .timer import now_ns

# Answers that are remembered; the oldest goes first.
REMEMBERED = 10_000
# Characters that are kept of a request target, and of a log line.
_TARGET_LIMIT = 2_000


class Served:
    """One answer, and how far it has been sent."""

    def __init__(self, number: int, asked: ClientRequest, answer: Play | Say) -> None:
        self.number = number
        self.answer = answer
        # Not the request itself: its body may be large.
        self.session = asked.session
        self._asked = {
            "method": asked.method,
            "target": asked.target[:_TARGET_LIMIT],
            "session": asked.session,
            "request_bytes": len(asked.body),
        }
        self.at = datetime.now(UTC)
        self.stream: Stream | None = None
        self._sent = 0
        self._outcome: str | None = None
        self._walk: Iterator[tuple[int, list[str]]] | None = None
        self._missed: list[str] = []  # the requests that it waits for, or waited for in vain

    def fields(self) -> dict[str, Any]:
        """Its JSON fields."""
        answer = self.answer
        sent = self.stream.sent if self.stream else self._sent
        outcome = self.stream.outcome if self.stream else self._outcome
        fields: dict[str, Any] = {
            "number": self.number,
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **self._asked,
            "log": answer.log[:_TARGET_LIMIT],
        }
        if isinstance(answer, Say):
            return {**fields, "capture": None, "status": answer.status, "outcome": "said"}
        fields.update(capture=answer.capture.name, status=answer.response.status)
        chunks, events = self._so_far(sent)
        fields["outcome"] = outcome or ("streaming" if sent else "waiting")
        waits_for = self.stream.waits_for if self.stream is not None else self._missed
        if waits_for:
            fields["waits_for"] = waits_for
        return {**fields, "chunks": chunks, "events": events}

    def end(self) -> None:
        """Note that nothing more is sent: keep what `fields` needs, and drop the rest."""
        if self.stream is not None:
            self._sent, self._outcome = self.stream.sent, self.stream.outcome
            self._missed = self.stream.waited_for
            self.stream = self._walk = None

    def _so_far(self, sent: int) -> tuple[int, int]:
        """How many chunks and events are in the first `sent` pieces. The head is piece 0."""
        chunks = events = 0
        for number, data in _pieces(self.answer):
            if number >= sent:
                break
            chunks += 1
            events += len(data)
        return chunks, events

    def step(self, events: int, marker: str | None) -> None:
        """Send the next `events` events, or all up to the first whose data contains `marker`."""
        stream = self.stream
        if stream is None:
            return
        if events == 0 and marker is None:
            if stream.sent == 0:
                stream.advance(1)
            return
        if self._walk is None:
            self._walk = _pieces(self.answer)
        for number, data in self._walk:
            if number < stream.sent:
                continue
            events -= len(data)
            if any(marker in each for each in data) if marker is not None else events <= 0:
                stream.advance(number + 1 - stream.sent)
                return
        stream.advance(2**62)  # no such event is left: send the rest


def _pieces(answer: Play | Say) -> Iterator[tuple[int, list[str]]]:
    """Yield each chunk's piece number, and the data of the events that the chunk completes.

    The end of the body completes a last line without a line feed: it counts with the last chunk.
    """
    if isinstance(answer, Say):
        return
    messages = MessageReader(answer.response)
    number = 0
    data: list[str] = []
    try:
        for part in answer.played(None, iter):
            if isinstance(part, Chunk):
                if number:
                    yield number, data
                number += 1
                data = _data(messages.feed_chunk(part))
                # In a body that is not a stream of messages, each chunk counts as an event.
                if messages.is_unframed or messages.damage is not None:
                    data = [part.data.decode("utf-8", "replace")]
    except CaptureError:
        pass  # the stream reports it, and ends there
    if number:
        yield number, data + _data(messages.end())


def _data(items: Iterable[StreamMessage | TimedComment]) -> list[str]:
    return [item.data for item in items if isinstance(item, StreamMessage)]


class HasScenario(Protocol):
    """An object with the scenario of the faults that answers get."""

    scenario: Scenario


class Control:
    """Controls a server's streams, and remembers its answers.

    A session is the value of a client's X-Ssetape-Session header; None stands for all.

    Attributes:
        numbers: counts the answers.
        meter: counts what is sent.
    """

    def __init__(self, answerer: HasScenario | None = None) -> None:
        self._answerer = answerer
        self.meter = Meter()
        self._served: deque[Served] = deque(maxlen=REMEMBERED)
        self._live: dict[int, Served] = {}
        self.numbers: Counts = OwnCounts()
        self.paused: set[str | None] = set()

    def note(self, asked: ClientRequest, answer: Play | Say) -> Served:
        """Remember an answer."""
        served = Served(self.numbers.next("served") + 1, asked, answer)
        self._served.append(served)
        return served

    def begin(self, served: Served, stream: Stream) -> None:
        """Note that an answer starts to stream."""
        served.stream = stream
        self._live[served.number] = served
        if None in self.paused or served.session in self.paused:
            stream.freeze(now_ns())

    def end(self, served: Served) -> None:
        """Note that nothing more of an answer is sent."""
        if self._live.pop(served.number, None) is not None:
            served.end()

    def pause(self, session: str | None = None) -> int:
        """Stop the clock of all streams, later ones included; return the number of open streams."""
        self.paused.add(session)
        streams = self._streams(session)
        for _, stream in streams:
            stream.freeze(now_ns())
        return len(streams)

    def resume(self, session: str | None = None) -> int:
        """Let the streams' clock run on; return the number of open streams."""
        self.paused.discard(session)
        if session is None:
            self.paused.clear()
        streams = self._streams(session)
        for _, stream in streams:
            if None not in self.paused:
                stream.thaw(now_ns())
        return len(streams)

    def step(
        self, events: int = 1, *, marker: str | None = None, session: str | None = None
    ) -> int:
        """Let paused streams send their next events; return the number of open streams.

        A chunk is always sent whole, with all that is in it. If no such event is left, the rest
        is sent.

        Args:
            events: how many events; 0 for the head alone.
            marker: send up to the first event whose data contains this, in place of a number.
        """
        streams = self._streams(session)
        for served, _ in streams:
            served.step(events, marker)
        return len(streams)

    @property
    def scenario(self) -> Scenario:
        """The faults that answers get from now on."""
        return self._answerer.scenario if self._answerer else Scenario()

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        if self._answerer:
            self._answerer.scenario = scenario

    def served(self, session: str | None = None) -> list[dict[str, Any]]:
        """The answers so far, in the order of the requests, as JSON fields."""
        return [served.fields() for served in self._served if session in (None, served.session)]

    def forget(self) -> None:
        """Forget the answers so far."""
        self._served.clear()

    def _streams(self, session: str | None) -> list[tuple[Served, Stream]]:
        return [
            (served, served.stream)
            for served in self._live.values()
            if session in (None, served.session)
            and served.stream is not None
            and served.stream.outcome is None
        ]
