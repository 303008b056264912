"""Masks likely secrets in captures, line by line, and marks what was masked. Pure.

Chunk boundaries may cut a secret, so a body is searched across its chunks: in windows, each with
the end of the one before it. No more of a body than that is held in memory.
"""

import json
from binascii import a2b_base64, b2a_base64
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ssetape.format.encode import body_field
from ssetape.format.values import BYTES, END, HEAD, SENT_BYTES, SENT_TEXT, TEXT, TRAILERS, WEBSOCKET
from ssetape.masking.by_place import mask_headers, mask_url
from ssetape.masking.by_shape import SecretMatch, find, mask, masked

# How much of a body is searched at once.
_WINDOW_BYTES = 1024 * 1024
# Secrets up to this size are found whole even if a window ends inside them.
_TAIL_BYTES = 64 * 1024
# How much of the previous window is searched again: it may end with the name of a secret field.
_CONTEXT_BYTES = 1024

_CHUNK_CODES = (TEXT, BYTES)
_MESSAGE_CODES = (TEXT, BYTES, SENT_TEXT, SENT_BYTES)


class Masker:
    """Masks the lines of one capture.

    Args:
        salt: makes the placeholders of equal secrets equal, and of others unequal.

    Attributes:
        count: how many secrets have been masked so far.
    """

    def __init__(self, salt: bytes) -> None:
        self.count = 0
        self._salt = salt
        self._body = _MaskedBody(salt)

    def lines(self, lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Yield each line as it is and as it should be; they are equal if it has no secret.

        Bodies with a Content-Encoding are left as they are.

        Raises:
            ValueError, LookupError, TypeError: a line is not as a recorder writes it.
        """
        lines = iter(lines)
        first = next(lines, b"")
        header = json.loads(first)
        self.count += _mask_request(header["request"], self._salt)
        yield first, _line(header) if self.count else first
        is_socket = header.get("kind") == WEBSOCKET
        is_encoded = False
        for text in lines:
            line = _Line(text)
            if text.strip() and text.endswith(b"\n"):  # neither empty nor torn
                line.record = json.loads(text)
                code = line.record[1]
                if code == HEAD:
                    is_encoded = _is_encoded(line.record[2].get("headers", []))
                    self._note(line, _mask_pairs(line.record[2], self._salt))
                elif code == TRAILERS:
                    self._note(line, _mask_trailers(line.record, self._salt))
                elif is_socket and code in _MESSAGE_CODES:
                    self._note(line, _mask_message(line.record, self._salt))
                elif code in _CHUNK_CODES and not is_encoded:
                    value = line.record[2]
                    line.data = value.encode() if code == TEXT else a2b_base64(value)
                elif code == END:
                    yield from self._rest()
                    if self.count:
                        line.record[2]["masked"] = line.record[2].get("masked", 0) + self.count
                        line.changed = True
            yield from self._body.take(line)
        yield from self._rest()

    def _note(self, line: "_Line", found: int) -> None:
        line.changed = found > 0
        self.count += found

    def _rest(self) -> Iterator[tuple[bytes, bytes]]:
        yield from self._body.rest()
        self.count += self._body.count
        self._body.count = 0


@dataclass(slots=True)
class _Line:
    """A line of the file; `data` is the part of the searched body in it."""

    line: bytes
    record: Any = None
    data: bytes = b""
    changed: bool = False

    def out(self) -> tuple[bytes, bytes]:
        return self.line, _line(self.record) if self.changed else self.line


class _MaskedBody:
    """The chunks of a body, held back until the secrets that begin in them are complete.

    Attributes:
        count: how many secrets have been masked.
    """

    def __init__(self, salt: bytes) -> None:
        self.count = 0
        self._salt = salt
        self._held: list[_Line] = []
        self._held_bytes = 0
        self._due_bytes = _WINDOW_BYTES
        self._context = b""

    def take(self, line: _Line) -> Iterator[tuple[bytes, bytes]]:
        """Take the next line, and yield those that are finished."""
        if not self._held and not line.data:
            yield line.out()
            return
        self._held.append(line)
        self._held_bytes += len(line.data)
        if self._held_bytes >= self._due_bytes:
            tail_bytes, keep = 0, len(self._held)
            while tail_bytes < _TAIL_BYTES:
                keep -= 1
                tail_bytes += len(self._held[keep].data)
            if keep:
                yield from self._give(keep)
            self._due_bytes = self._held_bytes + _WINDOW_BYTES

    def rest(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield all lines still held back."""
        return self._give(len(self._held))

    def _give(self, number: int) -> Iterator[tuple[bytes, bytes]]:
        """Mask what begins in the first `number` held lines, and yield these."""
        start = len(self._context)
        data = self._context + b"".join(line.data for line in self._held)
        end = start + sum(len(line.data) for line in self._held[:number])
        found = [item for item in find(data) if start <= item.start < end]
        if found:
            self.count += len(found)
            data = masked(data, found, self._salt)
            self._mark(data, found, start)
        for line in self._held[:number]:
            yield line.out()
        del self._held[:number]
        self._held_bytes = sum(len(line.data) for line in self._held)
        self._context = data[max(0, end - _CONTEXT_BYTES) : end]

    def _mark(self, data: bytes, found: list[SecretMatch], start: int) -> None:
        """Put masked data back into its lines, with unchanged sizes, and mark it."""
        left = deque(found)
        for line in self._held:
            end = start + len(line.data)
            spans = []
            while left and left[0].start < end:
                item = left[0]
                span = max(start, item.start) - start, min(end, item.end) - start
                spans.append([*span, item.pattern])
                if item.end > end:
                    break  # it continues in the next line
                left.popleft()
            if spans:
                line.data, line.changed = data[start:end], True
                _mark_chunk(line.record, line.data, spans)
            start = end


def _mask_message(record: list[Any], salt: bytes) -> int:
    """Mask a WebSocket message in place; return how many secrets it had."""
    is_text = record[1] in (TEXT, SENT_TEXT)
    data = record[2].encode() if is_text else a2b_base64(record[2])
    new, found = mask(data, salt)
    if found:
        value = new.decode() if is_text else b2a_base64(new, newline=False).decode()
        marks = dict(record[3]) if len(record) > 3 else {}
        record[2:] = [value, {**marks, "masked": [list(item) for item in found]}]
    return len(found)


def _mask_trailers(record: list[Any], salt: bytes) -> int:
    marks = record[3] if len(record) > 3 else {}
    fields = {"headers": record[2], **marks}
    found = _mask_pairs(fields, salt)
    if found:
        record[2:] = [fields.pop("headers"), fields]
    return found


def _mask_request(request: dict[str, Any], salt: bytes) -> int:
    count = _mask_pairs(request, salt)
    url, names = mask_url(request["url"])
    raw, found = mask(url.encode(), salt)
    count += len(names) + len(found)
    request["url"] = raw.decode()
    query_start = url.find("?") + 1 or len(url)
    for start, _, _ in found:
        if start >= query_start:
            pair = max(url.rfind(mark, 0, start) for mark in "?&#") + 1
            names.append(url[pair:start].partition("=")[0])
        else:
            _marks(request)["path"] = True
    if names:
        _add_names(request, "query", names)
    body = request.get("body")
    if isinstance(body, dict) and not _is_encoded(request.get("headers", [])):
        data = a2b_base64(body["base64"]) if "base64" in body else body["text"].encode()
        data, found = mask(data, salt)
        if found:
            request["body"] = body_field(data)
            spans = _marks(request).get("body", []) + [list(item) for item in found]
            _marks(request)["body"] = sorted(spans)
            count += len(found)
    return count


def _mask_pairs(fields: dict[str, Any], salt: bytes) -> int:
    """Mask headers in place and add their names to the marks; return how many secrets."""
    pairs, names = mask_headers([(name, value) for name, value in fields.get("headers", [])])
    count = len(names)
    masked = []
    for name, value in pairs:
        new, found = mask(value.encode("latin-1"), salt)
        if found:
            names.append(name.lower())
            count += len(found)
        masked.append([name, new.decode("latin-1")])
    if count:
        fields["headers"] = masked
        _add_names(fields, "headers", names)
    return count


def _mark_chunk(record: list[Any], data: bytes, spans: list[list[Any]]) -> None:
    """Write a chunk's masked bytes and their marks into its record."""
    field = body_field(data) or {"text": ""}
    (kind, value), *_ = field.items()
    marks = dict(record[3]) if len(record) > 3 else {}
    marks["masked"] = sorted([*marks.get("masked", []), *spans])
    record[1:] = [TEXT if kind == "text" else BYTES, value, marks]


def _marks(fields: dict[str, Any]) -> dict[str, Any]:
    marks: dict[str, Any] = fields.setdefault("masked", {})
    return marks


def _add_names(fields: dict[str, Any], kind: str, names: list[str]) -> None:
    known = _marks(fields).setdefault(kind, [])
    known += [name for name in dict.fromkeys(names) if name not in known]


def _is_encoded(headers: list[list[str]]) -> bool:
    values = (v.strip().lower() for n, v in headers if n.lower() == "content-encoding")
    return any(value not in ("", "identity") for value in values)


def _line(value: Any) -> bytes:
    if isinstance(value, list):  # keeps the six decimals of the time
        rest = (json.dumps(part, ensure_ascii=False) for part in value[1:])
        return f"[{value[0]:.6f}, {', '.join(rest)}]\n".encode("utf-8", "replace")
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "replace")
