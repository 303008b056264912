"""A stream that mitmproxy's `modify_body` changes as it passes.

Events and lines go on as soon as they are whole. A body of which only its first bytes show what it
is, and which turns out to be an ordinary one, is held until its end, as mitmproxy holds it.
"""

from collections.abc import Callable, Iterable

from mitmproxy import http

from ssetape.format.codings import codings
from ssetape.recording import reasons

from . import flow_recording, flows, units
from .flow_recording import StreamFunction
from .peek import Peek
from .substitution import Substitution

# Why a body is left as it is.
CODED = "is compressed: --set anticomp=true asks for bodies that are not"
_TOO_LARGE = f"has more than {units.HELD_LIMIT_BYTES} bytes"
_UNREADABLE = "cannot be decoded as its Content-Encoding says"
_REACHED_ON = "has a match that would go on in the next event: perhaps [^\\n] is meant, not ."

# Says of the rule with this number why it leaves a body as it is.
Tell = Callable[[int, str], None]


class ChangedStream:
    """The function to put into `response.stream`: what the one found there passes on, changed.

    Attributes:
        inner: the one found there.
    """

    def __init__(
        self,
        flow: http.HTTPFlow,
        inner: StreamFunction | bool,
        cut: units.Units,
        rules: dict[int, Substitution],
        tell: Tell,
    ) -> None:
        self._flow = flow
        self.inner = inner
        self._units = cut
        self._rules = rules
        self._tell = tell
        self._held = bytearray()  # of a body of which the kind is not known, or which has no units
        self._is_holding = False
        self._step = self._by_first_bytes if isinstance(inner, Peek) else self._in_units

    def __call__(self, data: bytes) -> Iterable[bytes] | bytes:
        passed = self.inner(data) if callable(self.inner) else data
        passed = passed if isinstance(passed, bytes) else b"".join(passed)
        changed = self._step(passed, not data)
        is_holding = bool(self._held) or self._units.is_holding
        if is_holding != self._is_holding:
            self._is_holding = is_holding
            recording = flow_recording.of(self._flow.id)
            if recording is not None:
                recording.is_withholding = is_holding
        return changed or []

    def _by_first_bytes(self, data: bytes, is_end: bool) -> bytes:
        """Hold the first bytes until the recorder knows whether they begin an event stream."""
        self._held += data
        has_events = self.inner.is_stream if isinstance(self.inner, Peek) else None
        if has_events is None and not is_end:
            return b""
        if has_events and _is_coded(self._flow):
            return self._leave(CODED)
        self._step = self._in_units if has_events else self._as_whole
        return self._step(self._take_held(), is_end)

    def _in_units(self, data: bytes, is_end: bool) -> bytes:
        changed = [self._unit(unit) for unit in self._units.feed(data)]
        if is_end:
            changed.append(self._unit(self._units.end()))
        return b"".join(changed)

    def _as_whole(self, data: bytes, is_end: bool) -> bytes:
        """Hold an ordinary body until its end, as mitmproxy does, and change it as that would."""
        self._held += data
        if len(self._held) > units.HELD_LIMIT_BYTES:
            return self._leave(_TOO_LARGE)
        return self._whole(self._take_held()) if is_end else b""

    def _unchanged(self, data: bytes, is_end: bool) -> bytes:
        return data

    def _leave(self, why: str) -> bytes:
        for number in self._rules:
            self._tell(number, why)
        self._step = self._unchanged
        return self._take_held()

    def _take_held(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        return held

    def _unit(self, unit: bytes) -> bytes:
        changed = unit
        for number, rule in self._rules.items():
            try:
                changed = rule(changed)
            except Exception as error:  # any failure: the client's bytes go on
                self._tell(number, f"cannot be changed: {reasons.said(error)}")
            if rule.reached_on:
                self._tell(number, _REACHED_ON)
        return self._noted(unit, changed)

    def _whole(self, body: bytes) -> bytes:
        assert self._flow.response is not None
        response = self._flow.response.copy()
        response.data.content = body
        try:
            content = response.content or b""
            for rule in self._rules.values():
                content = rule.whole(content)
            response.content = content
        except ValueError:  # the Content-Encoding is not what the body has
            return self._leave(_UNREADABLE) or body
        return self._noted(body, response.data.content or b"")

    def _noted(self, found: bytes, changed: bytes) -> bytes:
        recording = flow_recording.of(self._flow.id)
        if recording is not None and changed != found:
            recording.altered = True
        return changed


def is_peeked(stream: object) -> bool:
    """Whether only the first bytes show what this stream function passes on, changed or not."""
    while isinstance(stream, ChangedStream):
        stream = stream.inner
    return isinstance(stream, Peek)


def _is_coded(flow: http.HTTPFlow) -> bool:
    return flow.response is not None and bool(codings(flows.pairs(flow.response.headers)))
