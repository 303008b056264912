"""Finds out which stream waits for which requests. Pure: captures in, cues out.

In a session of "subscribe, then post", the answers to requests come on another stream. Captures
belong to one session if they came from one server at the same time, and an id of the session ties
them: in path, query or headers, or handed out at the start of the stream. Without such an id, a
stream that was subscribed to (by GET, or as a WebSocket) and what its client posted meanwhile
belong together, unless cookies or clients differ.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.bounds import is_time
from ssetape.format.values import Chunk, Message, Response, header_values
from ssetape.masking.randomness import looks_random
from ssetape.messages import detection
from ssetape.requests.location import located

# https://modelcontextprotocol.io/specification/2025-03-26/basic/transports
SESSION_HEADER = "mcp-session-id"
_ENDPOINT = re.compile(r"^event: ?endpoint\r?$", re.MULTILINE)

# Methods that ask nothing of another stream.
_SILENT = frozenset({"HEAD", "OPTIONS", "TRACE", "CONNECT"})
# How much of a stream is searched for the ids that it hands out: they come with its first events.
_BEGINNING_BYTES = 4096
_BEGINNING_CHUNKS = 8
# A shorter value, such as a version or a page number, is no id.
_ID_CHARACTERS = 6
# Parts of the names of parameters and headers that identify a session.
_ID_NAME = re.compile(
    r"session|conn|channel|client|stream|topic|conversation|thread|room|\b[a-z]?id\b|_id\b|Id$"
)
_HEX_ID = re.compile(r"(?=.*\d)(?=.*[a-f])[0-9a-f-]{12,}$", re.IGNORECASE)
_ID_HEADER = re.compile(r"session|connection-id|client-id|channel-id|conversation|thread-id")


@dataclass(frozen=True, slots=True)
class Cue:
    """A request that a stream waits for.

    Attributes:
        index: the number of the capture whose request it is.
        t_s: when it was recorded, in seconds since the stream's own request.
    """

    index: int
    t_s: float


@dataclass(slots=True)
class _Exchange:
    index: int
    capture: Capture
    response: Response
    began_s: float
    is_stream: bool
    ids: frozenset[str]
    cookies: frozenset[str]
    agent: str
    handed_out: str = ""

    @property
    def is_subscription(self) -> bool:
        return self.capture.is_websocket or (
            self.is_stream and self.capture.request.method == "GET"
        )


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How a replay treats streams that answer other requests.

    Attributes:
        waits: whether they wait for these requests; if not, each stream has its own time.
        rewrites: whether answers get the ids and addresses that the client uses.
        is_strict: whether a stream is cut that has waited in vain.
    """

    waits: bool = True
    rewrites: bool = True
    is_strict: bool = False


@dataclass(slots=True)
class Sessions:
    """The sessions of a shelf; all captures are named by their numbers.

    Attributes:
        cues: the requests that each stream waits for, in recorded order. Streams that wait for
            none are left out.
        groups: the captures of each session; those of one client may be in several groups.
        openers: the captures that hand out the id of their session, as MCP says how.
    """

    cues: dict[int, tuple[Cue, ...]] = field(default_factory=dict)
    groups: list[frozenset[int]] = field(default_factory=list)
    openers: set[int] = field(default_factory=set)


def sessions_of(captures: Sequence[Capture], responses: Sequence[Response]) -> Sessions:
    """Find the sessions among captures."""
    servers: dict[str, list[_Exchange]] = {}
    clocks: dict[str, float] = {}
    for index, (capture, response) in enumerate(zip(captures, responses, strict=True)):
        began_s = _began_s(capture, clocks)
        if began_s is not None:
            exchange = _exchange(index, capture, response, began_s)
            servers.setdefault(located(capture.request.url).host, []).append(exchange)
    found = Sessions()
    for exchanges in servers.values():
        if len(exchanges) > 1:
            _add(exchanges, found)
    return found


def is_id_name(name: str) -> bool:
    """Whether a parameter of this name identifies a session, a client or the like."""
    return _ID_NAME.search(name) is not None


def _add(exchanges: list[_Exchange], found: Sessions) -> None:
    """Add the sessions of one server."""
    exchanges.sort(key=lambda each: each.began_s)
    streams = [each for each in exchanges if each.is_stream]
    quiet = [each for each in exchanges if not each.is_stream]
    tied: dict[int, list[_Exchange]] = {}
    meanwhile: dict[int, list[_Exchange]] = {}
    for stream in streams:
        # A stream that answers its own request says nothing about other streams.
        others = exchanges if stream.is_subscription else quiet
        during = list(_during(stream, others))
        if during:
            stream.handed_out = _beginning(stream)
            tied[stream.index] = [each for each in during if _is_tied(stream, each)]
            meanwhile[stream.index] = during
    known = {each.index for requests in tied.values() for each in requests}
    for stream in streams:
        requests = tied.get(stream.index)
        if not requests and stream.is_subscription:
            requests = [
                each
                for each in meanwhile.get(stream.index, ())
                if each.index not in known and _may_belong(stream, each)
            ]
        if requests:
            cues = (Cue(each.index, each.began_s - stream.began_s) for each in requests)
            found.cues[stream.index] = tuple(cues)
            members = [stream, *requests, *(each for each in exchanges if stream.ids & each.ids)]
            found.groups.append(frozenset(each.index for each in members))
            found.openers.update(each.index for each in members if _hands_out_id(each))


def _hands_out_id(exchange: _Exchange) -> bool:
    """Whether a response opens a session as MCP says: with a header, or with an event."""
    if header_values(exchange.response.headers, SESSION_HEADER):
        return not header_values(exchange.capture.request.headers, SESSION_HEADER)
    return bool(_ENDPOINT.search(exchange.handed_out))


def _began_s(capture: Capture, clocks: dict[str, float]) -> float | None:
    """When a request was sent; None if that is not known.

    Args:
        clocks: when each run's own clock began, which this adds to.
    """
    try:
        started_s = datetime.fromisoformat(capture.started).timestamp()
    except ValueError:
        return None
    at_s: Any = capture.run.get("at")
    if not is_time(at_s):
        return started_s
    return clocks.setdefault(str(capture.run.get("id")), started_s - at_s) + float(at_s)


def _exchange(index: int, capture: Capture, response: Response, began_s: float) -> _Exchange:
    headers = capture.request.headers
    cookies = "; ".join(header_values(headers, "cookie"))
    pairs = frozenset(each.strip() for each in cookies.split(";"))
    return _Exchange(
        index=index,
        capture=capture,
        response=response,
        began_s=began_s,
        is_stream=capture.is_websocket or detection.is_stream(response.headers, ()),
        ids=_ids(capture),
        cookies=frozenset(each for each in pairs if each and not each.endswith("=MASKED")),
        agent="".join(header_values(headers, "user-agent")),
    )


def _during(stream: _Exchange, others: list[_Exchange]) -> Iterator[_Exchange]:
    """The requests that were sent while a stream was open."""
    begin = bisect_right(others, stream.began_s, key=lambda each: each.began_s)
    candidates = (
        each
        for each in islice(others, begin, None)
        if each is not stream
        and not each.capture.is_websocket
        and each.capture.request.method not in _SILENT
    )
    first = next(candidates, None)
    if first is None:
        return
    end = stream.capture.end  # reads the file: only now
    ended_s = stream.began_s + end.t_s if end is not None else float("inf")
    for each in (first, *candidates):
        if each.began_s >= ended_s:
            return
        yield each


def _is_tied(stream: _Exchange, other: _Exchange) -> bool:
    return bool(stream.ids & other.ids) or any(each in stream.handed_out for each in other.ids)


def _may_belong(stream: _Exchange, other: _Exchange) -> bool:
    """Whether a request without an id may belong to a stream: posted by the same client."""
    if other.capture.request.method == "GET" or stream.agent != other.agent:
        return False
    if other.is_stream and not stream.capture.is_websocket:
        return False  # it has its own answer
    return not (stream.cookies and other.cookies) or bool(stream.cookies & other.cookies)


def _ids(capture: Capture) -> frozenset[str]:
    request = capture.request
    at = located(request.url)
    values = [value for name, value in at.query if is_id_name(name)]
    values += [part for part in at.path.split("/") if _HEX_ID.match(part) or looks_random(part)]
    values += [value for name, value in request.headers if _ID_HEADER.search(name.lower())]
    masked = capture.run.get("ids")
    values += [str(each) for each in masked] if isinstance(masked, list) else []
    return frozenset(
        value for value in values if len(value) >= _ID_CHARACTERS and value != "MASKED"
    )


def _beginning(stream: _Exchange) -> str:
    """What a stream says first, where it hands out ids: its headers and its first chunks."""
    said = [value for _, value in stream.response.headers]
    capture = stream.capture
    try:
        parts: Iterator[Message | Chunk] = (
            capture.messages() if capture.is_websocket else capture.chunks()
        )
        for part in islice(parts, _BEGINNING_CHUNKS):
            said.append(part.data[:_BEGINNING_BYTES].decode("utf-8", "replace"))
    except CaptureError:
        pass  # told when it is played
    return "\n".join(said)
