"""Reads a line of an export as JSON Lines, which somebody may have edited."""

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from ssetape.editing.body import BodyLine, Kind
from ssetape.editing.encoder import Fields
from ssetape.editing.lines import BYTES, COMMENT, END, HEAD, REQUEST, TRAILERS
from ssetape.editing.source import Span
from ssetape.errors import LineError
from ssetape.format import bounds
from ssetape.format.values import Message
from ssetape.sse import RETRY_LIMIT_MS

EVENT, LINE, MESSAGE = "event", "line", "message"
MESSAGES = (EVENT, LINE, MESSAGE)
OF_A_BODY = (EVENT, LINE, COMMENT, BYTES)
KINDS = (REQUEST, HEAD, *MESSAGES, COMMENT, BYTES, TRAILERS, END)
_SHOWN = 60


class Line(NamedTuple):
    """A line: its number in the file, and its object."""

    number: int
    fields: dict[str, Any]

    @property
    def kind(self) -> str:
        """What it is; without a word on it, an event."""
        found = self.fields.get("kind", EVENT)
        if found not in KINDS:
            raise self.wrong("kind", f"one of {', '.join(KINDS)}", found)
        return str(found)

    @property
    def t_s(self) -> float | None:
        """When it came; None if it does not say."""
        found = self.fields.get("t")
        if found is None:
            return None
        if not bounds.is_time(found):
            raise self.wrong("t", "seconds since the request", found)
        return float(found)

    def text(self, name: str) -> str | None:
        """A field that is text; None if it is missing, or null."""
        found = self.fields.get(name)
        if found is not None and type(found) is not str:
            raise self.wrong(name, "text", found)
        return found

    def object_of(self, name: str) -> dict[str, Any]:
        """A field that is an object; {} if it is missing, or null."""
        found = self.fields.get(name)
        if found is not None and type(found) is not dict:
            raise self.wrong(name, "an object", found)
        return found or {}

    def bytes_of(self, text: str, encoded: str) -> bytes | None:
        """Bytes, in one field as text or in another as base64; None if it has neither."""
        found = self.text(text)
        if found is not None:
            return found.encode()
        found = self.text(encoded)
        if found is None:
            return None
        try:
            return a2b_base64(found, strict_mode=True)
        except (Base64Error, ValueError) as error:
            raise LineError(self.number, f"`{encoded}` is not base64: {error}") from error

    def message(self, latest_s: float) -> Message:
        """The line as a message of a WebSocket."""
        data = self.bytes_of("data", "base64")
        if data is None:
            raise LineError(self.number, "a message needs `data`, or `base64`")
        kind = self.text("event") or ("text" if self.text("data") is not None else "binary")
        if kind not in ("text", "binary"):
            raise self.wrong("event", "text or binary", kind)
        direction = self.text("direction") or "in"
        if direction not in ("in", "out"):
            raise self.wrong("direction", "in or out", direction)
        t_s = latest_s if self.t_s is None else self.t_s
        is_dropped, is_injected = (self.fields.get(m) is True for m in ("dropped", "injected"))
        return Message(
            max(t_s, latest_s), direction == "out", kind == "text", data, is_dropped, is_injected
        )

    def of_body(self, default_name: str) -> BodyLine:
        """The line as one of a body.

        Args:
            default_name: the type of an event that names none.
        """
        kind = self.kind
        if kind == BYTES:
            raw = self.bytes_of("data", "base64")
            if raw is None:
                raise LineError(self.number, "a line of bytes needs `data`, or `base64`")
            return BodyLine(self.number, Kind.BYTES, raw=raw, **self._places())
        data = self.text("data")
        if data is None:
            raise LineError(self.number, f"a line of the kind {kind} needs `data`")
        raw = self.bytes_of("raw", "raw_base64")
        if kind == COMMENT:
            return BodyLine(self.number, Kind.COMMENT, text=data, raw=raw, **self._places())
        retry_ms = self.fields.get("retry")
        if retry_ms is not None and not (type(retry_ms) is int and 0 <= retry_ms <= RETRY_LIMIT_MS):
            raise self.wrong("retry", "milliseconds", retry_ms)
        name = self.text("event") or default_name
        fields = Fields(name, data, self.text("id") or "", retry_ms)
        return BodyLine(
            self.number,
            Kind.MESSAGE,
            fields=fields,
            has_id="id" in self.fields,
            raw=raw,
            **self._places(),
        )

    def masked(self) -> list[Span]:
        """What is masked in its bytes."""
        return [
            [*span]
            for span in self._list("masked")
            if _is_pair(span) and type(span[0]) is type(span[1]) is int and 0 <= span[0] < span[1]
        ]

    def wrong(self, name: str, expected: str, found: object) -> LineError:
        """What to raise for a field."""
        return LineError(self.number, f"`{name}`: expected {expected}, found {found!r:.{_SHOWN}}")

    def _places(self) -> dict[str, Any]:
        pieces = []
        for piece in self._list("pieces"):
            if not _is_pair(piece) or not bounds.is_time(piece[0]) or type(piece[1]) is not int:
                raise self.wrong("pieces", "a list of [seconds, bytes]", piece)
            pieces.append((float(piece[0]), max(0, piece[1])))
        is_joined = self.fields.get("joined") is True
        t_s = self.t_s
        return {"t_s": t_s, "is_joined": is_joined, "pieces": pieces, "masked": self.masked()}

    def _list(self, name: str) -> list[Any]:
        found = self.fields.get(name)
        if found is not None and type(found) is not list:
            raise self.wrong(name, "a list", found)
        return found or []


def lines(data: bytes) -> Iterator[Line | LineError]:
    """Yield the lines of a file, or what is wrong with one; empty ones are left out."""
    for number, text in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            yield LineError(number, f"expected JSON, found {_quote(text)} ({error})")
            continue
        if type(found) is dict:
            yield Line(number, found)
        else:
            yield LineError(number, f"expected a JSON object, found {_quote(text)}")


def _quote(text: bytes) -> str:
    return repr(text[:_SHOWN].decode("utf-8", "replace"))


def _is_pair(value: object) -> bool:
    return type(value) is list and len(value) >= 2
