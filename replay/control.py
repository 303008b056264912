"""What was served to whom, and streams held up and let on: what tests ask of a server.

All of this belongs to the server's event loop; `running.Running` is the way in from elsewhere.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any, Protocol

from ssetape.format.values import Chunk
from ssetape.messages.message import StreamMessage
from ssetape.messages.reading import MessageReader

from .exchange import ClientRequest, Play, Say
from .faults import Scenario
from .stream import Stream
from .timer import now_ns

# Answers that are remembered; the oldest goes first.
_REMEMBERED = 10_000
# Of a request line, and of what is said of it.
_TARGET_LIMIT = 2_000


class Served:
    """One answer, as far as it has come."""

    def __init__(self, number: int, asked: ClientRequest, answer: Play | Say) -> None:
        self.number = number
        self.answer = answer
        # Not the request itself, whose body may be large.
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

    def fields(self) -> dict[str, Any]:
        """What there is to say of it, for JSON."""
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
        return {**fields, "chunks": chunks, "events": events}

    def end(self) -> None:
        """Nothing more comes: keep what there is to say of it, and let go of the rest."""
        if self.stream is not None:
            self._sent, self._outcome = self.stream.sent, self.stream.outcome
            self.stream = self._walk = None

    def _so_far(self, sent: int) -> tuple[int, int]:
        """How many chunks and events were sent. The head is the first piece."""
        chunks = events = 0
        for number, data in _pieces(self.answer):
            if number >= sent:
                break
            chunks += 1
            events += len(data)
        return chunks, events

    def step(self, events: int, marker: str | None) -> None:
        """Send all up to the next events, or to the one whose data has a marker in it."""
        stream = self.stream
        if stream is None:
            return
        if stream.sent == 0 and events == 0:
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
        stream.advance(2**62)  # there are no more: the rest


def _pieces(answer: Play | Say) -> Iterator[tuple[int, list[str]]]:
    """The number of the piece that each chunk is, and the data of the events that it completes."""
    if isinstance(answer, Say):
        return
    messages = MessageReader(answer.response)
    numbers = count(1)
    for part in answer.played(None, iter):
        if isinstance(part, Chunk):
            items = messages.feed_chunk(part)
            data = [item.data for item in items if isinstance(item, StreamMessage)]
            # A body that is no stream of messages goes chunk by chunk.
            if messages.is_unframed or messages.damage is not None:
                data = [part.data.decode("utf-8", "replace")]
            yield next(numbers), data


class HasScenario(Protocol):
    """What decides which faults answers get."""

    scenario: Scenario


class Control:
    """The streams of a server, and what became of them.

    A session is what clients say in a header X-Ssetape-Session; None stands for all.
    """

    def __init__(self, answerer: HasScenario | None = None) -> None:
        self._answerer = answerer
        self._served: deque[Served] = deque(maxlen=_REMEMBERED)
        self._live: dict[int, Served] = {}
        self._numbers = count(1)
        self.paused: set[str | None] = set()

    def note(self, asked: ClientRequest, answer: Play | Say) -> Served:
        """Remember an answer."""
        served = Served(next(self._numbers), asked, answer)
        self._served.append(served)
        return served

    def begin(self, served: Served, stream: Stream) -> None:
        """An answer begins to be streamed."""
        served.stream = stream
        self._live[served.number] = served
        if None in self.paused or served.session in self.paused:
            stream.freeze(now_ns())

    def end(self, served: Served) -> None:
        """No more of an answer comes."""
        if self._live.pop(served.number, None) is not None:
            served.end()

    def pause(self, session: str | None = None) -> int:
        """Stop the time of all streams, those to come as well; gives how many there are now."""
        self.paused.add(session)
        streams = self._streams(session)
        for _, stream in streams:
            stream.freeze(now_ns())
        return len(streams)

    def resume(self, session: str | None = None) -> int:
        """Have their time go on; gives how many there are."""
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
        """Let paused streams send their next events; 0: the head alone.

        With a marker, up to the event whose data has it. A chunk is never cut: it is sent whole,
        whatever else is in it. Where no such event is left, the rest is sent. Gives how many
        streams there are.
        """
        streams = self._streams(session)
        for served, _ in streams:
            served.step(events, marker)
        return len(streams)

    @property
    def scenario(self) -> Scenario:
        """The faults that befall answers from now on."""
        return self._answerer.scenario if self._answerer else Scenario()

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        if self._answerer:
            self._answerer.scenario = scenario

    def served(self, session: str | None = None) -> list[dict[str, Any]]:
        """What was served to whom, in the order asked."""
        return [served.fields() for served in self._served if session in (None, served.session)]

    def forget(self) -> None:
        """Forget what was served."""
        self._served.clear()

    def _streams(self, session: str | None) -> list[tuple[Served, Stream]]:
        return [
            (served, served.stream)
            for served in self._live.values()
            if session in (None, served.session)
            and served.stream is not None
            and served.stream.outcome is None
        ]
