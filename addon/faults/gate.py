"""Stands between one stream of mitmproxy and its client, which gets what faults leave of it.

mitmproxy's side of the server runs on as without faults: what it would send to the client is put
into the faults instead, and sent when it is due. Nothing is paused meanwhile.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from enum import Enum, auto
from time import perf_counter
from typing import Any, Protocol

from mitmproxy import ctx, http
from mitmproxy.net.http import status_codes
from mitmproxy.proxy import commands, layers

from ssetape.format.values import COMPLETE, Chunk, End, Response, Trailers
from ssetape.recording import reasons
from ssetape.recording.log import logger

from ..recorder import flows
from .resetting import reset_when_closed
from .share import CUTS, Share

# Names that another mitmproxy may not have: `layer_change` looks whether this one has them.
_layers: Any = layers.http
Part = Chunk | Trailers | End
Handle = Callable[[Any, Any], Iterator[Any]]
# Yields commands, and returns the reply to the one that it stands in for.
Commands = Generator[Any, Any, Any]


class Passing(Protocol):
    """Faults that are fed what comes: `replay/faults/passing.py`, loaded only for a fault."""

    response: Response
    again_s: float
    is_over: bool

    def feed(self, part: Part) -> list[Part]: ...
    def wait(self, now_s: float) -> list[Part]: ...


class _State(Enum):
    OPEN = auto()
    CUT = auto()  # by a fault; the server's side has yet to be told
    OVER = auto()  # the client gets nothing more


class Gate:
    """The way of one response to its client.

    Args:
        head: the response head as the server sent it.
        sent_s: when the request was sent, on the clock of `time.perf_counter`. All times of parts
            are seconds since.
        has_server_ended: tells whether the exchange with the server is over.
    """

    def __init__(
        self,
        flow: http.HTTPFlow,
        head: Response,
        passing: Passing,
        share: Share,
        sent_s: float,
        has_server_ended: Callable[[], bool],
    ) -> None:
        self._flow = flow
        self._head = head
        self._passing = passing
        self._share = share
        self._sent_s = sent_s
        self._has_server_ended = has_server_ended
        self._state = _State.OPEN
        # What is to be sent: mitmproxy's command with the head, then parts.
        self._due: deque[tuple[float, Any]] = deque()
        self._last: Any = None  # mitmproxy's command that ends the response
        self._drop: Any = None  # and the one by which it forgets the stream
        self._alarm: Any = None
        self._alarm_s = float("inf")

    @property
    def is_over(self) -> bool:
        """Whether the client gets nothing more."""
        return self._state is _State.OVER

    def instead(self, stream: Any, command: Any) -> Commands:
        """What to do in place of a command of mitmproxy's stream; returns its reply."""
        if isinstance(command, _layers.DropStream):
            if self._state is _State.OPEN:
                self._drop = command
                return None
        elif isinstance(command, _layers.SendHttp) and command.connection is stream.context.client:
            if self._state is _State.OPEN:
                self._take(command)
                yield from self.proceed(stream)
            return None
        return (yield command)

    def woken(self, alarm: Any) -> bool:
        """Whether a wakeup is the one that the gate waits for."""
        if alarm is not self._alarm:
            return False
        self._alarm, self._alarm_s = None, float("inf")
        return True

    def leave(self, message: str) -> None:
        """The client has left, which mitmproxy says in these words."""
        if self._state is _State.OPEN:
            was_reset = message.startswith(("stream reset", "stream closed"))
            reason = reasons.CLIENT_RESET if was_reset else reasons.CLIENT_CLOSED
            if ctx.master.should_exit.is_set():
                reason = reasons.PROXY_SHUTDOWN
            self._close(reason if self._has_server_ended() else None)

    def proceed(self, stream: Any) -> Iterator[Any]:
        """Send what is due, and have mitmproxy wake the stream when more is."""
        if self._state is _State.OPEN and self._passing.again_s <= self._now_s():
            self._put(lambda: self._passing.wait(self._now_s()))
        while self._state is _State.OPEN and self._due and self._due[0][0] <= self._now_s():
            yield from self._send(stream, self._due.popleft()[1])
        if self._state is not _State.OPEN:
            return
        next_s = min(self._due[0][0] if self._due else float("inf"), self._passing.again_s)
        if next_s < self._alarm_s:
            self._alarm = commands.RequestWakeup(max(0.0, next_s - self._now_s()))
            self._alarm_s = next_s
            yield self._alarm

    def tell_server(self, stream: Any, handle: Handle) -> Iterator[Any]:
        """After a cut: to the server and to mitmproxy it is as if the client had left."""
        if self._state is _State.CUT:
            self._state = _State.OVER
            words = "a fault has cut the response (tape_fault)"
            event = _layers.RequestProtocolError(stream.stream_id, words, _codes()[1])
            yield from self.run(stream, handle(stream, event))
            # What has come from the server by now waits in the stream, and goes nowhere.
            stream.server_state = stream.state_errored

    def run(self, stream: Any, generator: Any) -> Iterator[Any]:
        """Run mitmproxy's handling of an event behind the gate."""
        return through(generator, lambda command: self.instead(stream, command))

    def _take(self, command: Any) -> None:
        event = command.event
        now_s = self._now_s()
        if isinstance(event, _layers.ResponseHeaders):
            event = type(event)(event.stream_id, self._response(), event.end_stream)
            command = _layers.SendHttp(event, command.connection)
            self._due.append((self._passing.response.t_s, command))
        elif isinstance(event, _layers.ResponseData):
            self._put(lambda: self._passing.feed(Chunk(now_s, event.data)))
        elif isinstance(event, _layers.ResponseTrailers):
            self._put(lambda: self._passing.feed(Trailers(now_s, flows.pairs(event.trailers))))
        else:
            self._last = command
            is_whole = isinstance(event, _layers.ResponseEndOfMessage)
            if not is_whole and event.code == _codes()[0]:
                self._due = deque([(now_s, End(now_s, reasons.KILLED))])
                return
            reason = COMPLETE if is_whole else reasons.UPSTREAM_CUT
            self._put(lambda: self._passing.feed(End(now_s, reason)))

    def _put(self, give: Callable[[], list[Part]]) -> None:
        if self._passing.is_over:
            return  # cut, perhaps later
        try:
            self._due.extend((part.t_s, part) for part in give())
        except Exception as error:  # the body is not what its head says: no fault can read it
            logger.error(
                f"ssetape: {flows.title(self._flow)}: cannot go on with faults, so the response "
                f"is cut for the client: {reasons.said(error)}"
            )
            self._passing.is_over = True
            self._due.append((self._now_s(), End(self._now_s(), CUTS[0])))

    def _send(self, stream: Any, item: Any) -> Iterator[Any]:
        client, number = stream.context.client, stream.stream_id
        if isinstance(item, Chunk):
            if item.data:  # an empty one would end the response
                self._share.got(self._now_s(), item.data)
                yield _layers.SendHttp(_layers.ResponseData(number, item.data), client)
        elif isinstance(item, Trailers):
            fields = http.Headers([(_bytes(name), _bytes(value)) for name, value in item.headers])
            yield _layers.SendHttp(_layers.ResponseTrailers(number, fields), client)
        elif not isinstance(item, End):
            yield item
        elif item.reason in CUTS:
            self._state = _State.CUT
            self._share.end(self._now_s(), item.reason)
            if item.reason == CUTS[1] and client.alpn not in flows.MULTIPLEXING:
                reset_when_closed(client)
            words = "a fault has cut the response (tape_fault)"
            event = _layers.ResponseProtocolError(number, words, _codes()[0])
            yield _layers.SendHttp(event, client)
        else:
            # As mitmproxy has it: it forgets the stream, and then ends it.
            last, drop = self._last, self._drop
            self._close(COMPLETE if item.is_complete else None)
            yield from filter(None, [drop, last])

    def _close(self, reason: str | None) -> None:
        self._state = _State.OVER
        self._due.clear()
        self._share.end(self._now_s(), reason)

    def _response(self) -> http.Response:
        """The head for the client."""
        assert self._flow.response is not None
        head = self._passing.response.headers
        if head == self._head.headers:
            return self._flow.response
        made = self._flow.response.copy()
        made.headers = http.Headers([(_bytes(name), _bytes(value)) for name, value in head])
        had_length = "content-length" in self._flow.response.headers
        is_http1 = self._flow.request.http_version == "HTTP/1.1"
        if is_http1 and had_length and "content-length" not in made.headers:
            made.headers["transfer-encoding"] = "chunked"
        return made

    def _now_s(self) -> float:
        return perf_counter() - self._sent_s


def through(generator: Any, instead: Callable[[Any], Commands]) -> Iterator[Any]:
    """Run a generator of commands, with something done in place of each."""
    reply = None
    while True:
        try:
            command = generator.send(reply)
        except StopIteration:
            return
        reply = yield from instead(command)


def _codes() -> tuple[Any, Any]:
    """mitmproxy's codes for ending a response without a word, and for a client that has left."""
    codes = getattr(_layers, "ErrorCode", None)
    if codes is None:  # before mitmproxy 12
        return status_codes.NO_RESPONSE, status_codes.CLIENT_CLOSED_REQUEST
    return codes.KILL, codes.CLIENT_DISCONNECTED


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")
