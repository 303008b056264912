"""Masks likely secrets in captures, line by line, and marks what was masked. Pure."""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ssetape.errors import DecodingError
from ssetape.format.encode import body_field
from ssetape.format.values import BYTES, END, HEAD, SENT_BYTES, SENT_TEXT, TEXT, TRAILERS, WEBSOCKET
from ssetape.masking.body import BodyMasker, Part
from ssetape.masking.by_place import mask_headers, mask_url
from ssetape.masking.encoded import coding, pairs, without_coding
from ssetape.masking.findings import Finding, masked
from ssetape.masking.frames import FrameSealer
from ssetape.masking.search import find
from ssetape.messages.decoding import BodyDecoder, decoded, held

_CHUNK_CODES = (TEXT, BYTES)
_MESSAGE_CODES = (TEXT, BYTES, SENT_TEXT, SENT_BYTES)
_AWS_EVENT_STREAM = "application/vnd.amazon.eventstream"
_TEXT_CODES = (TEXT, SENT_TEXT)


class Masker:
    """Masks the lines of one capture.

    Args:
        salt: makes the placeholders of equal secrets equal, and of others unequal.
        decodes: whether to replace a response body by what its Content-Encoding decodes to; if
            not, an encoded body stays as it is.

    Attributes:
        count: how many secrets have been masked so far.
        problem: what could not be searched and why, or None.
    """

    def __init__(self, salt: bytes, *, decodes: bool = False) -> None:
        self.count = 0
        self.problem: str | None = None
        self._salt = salt
        self._decodes = decodes
        self._coding = ""
        self._decoder: BodyDecoder | None = None
        self._sealer: FrameSealer | None = None
        self._body = BodyMasker(salt, self._note)
        self._masks_body = False
        self._dropped = 0  # chunks that decoded to nothing
        self._added_bytes = 0  # by decoding

    def lines(self, lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Yield each line as it is and as it should be; they are equal if it has no secret.

        Raises:
            ValueError, LookupError, TypeError: a line is not as a recorder writes it.
            DecodingError: the body does not decode.
        """
        lines = iter(lines)
        first = next(lines, b"")
        header = json.loads(first)
        self._mask_request(header["request"])
        yield first, _line(header) if self.count else first
        codes: tuple[str, ...] = _CHUNK_CODES
        if header.get("kind") == WEBSOCKET:
            codes = _MESSAGE_CODES
            self._body = BodyMasker(self._salt, self._note, separator=b"\n")
        for text in lines:
            line = _Line(text)
            data = b""
            if text.strip() and text.endswith(b"\n"):  # neither empty nor torn
                line.record = json.loads(text)
                code = line.record[1]
                if code == HEAD:
                    self._mask_head(line)
                elif code == TRAILERS:
                    self._mask_trailers(line)
                elif code in codes:
                    data = self._data(line)
                elif code == END:
                    yield from self._rest()
                    self._mark_end(line)
            for part in self._body.take(Part(0.0, data, line)):
                yield self._out(part)
        yield from self._rest()

    def _rest(self) -> Iterator[tuple[bytes, bytes]]:
        yield from map(self._out, self._body.rest())

    def _out(self, part: Part) -> tuple[bytes, bytes]:
        """The line of a finished part as it is and as it should be."""
        line: _Line = part.owner
        if self._sealer is not None and part.data:
            sealed = self._sealer.seal(part.data)
            if sealed != part.data:
                part.data = sealed
                line.state = line.state if line.state is _State.DECODED else _State.SEALED
        if line.state is _State.DROPPED:
            return line.text, b""
        if part.marks or line.state in (_State.DECODED, _State.SEALED):
            _write_data(line.record, part, is_decoded=line.state is _State.DECODED)
        elif line.state is _State.SAME:
            return line.text, line.text
        return line.text, _line(line.record)

    def _note(self, _part: Part, _found: Finding) -> None:
        self.count += 1
        self._masks_body = True

    def _data(self, line: "_Line") -> bytes:
        """What is to be searched of a chunk or a message."""
        value = line.record[2]
        data: bytes = value.encode() if line.record[1] in _TEXT_CODES else a2b_base64(value)
        if not self._coding:
            return data
        if self._decoder is None:
            return b""
        plain = held(self._decoder.feed(data))
        self._added_bytes += len(plain) - len(data)
        self._dropped += not plain
        line.state = _State.DECODED if plain else _State.DROPPED
        return plain

    def _mask_request(self, request: dict[str, Any]) -> None:
        self.count += _mask_pairs(request, self._salt)
        self.count += _mask_url(request, self._salt)
        body = request.get("body")
        if not isinstance(body, dict):
            return
        data = a2b_base64(body["base64"]) if "base64" in body else body["text"].encode()
        how = coding(request.get("headers", []))
        if how:
            try:
                data = decoded(pairs(request["headers"]), data)
            except DecodingError as error:
                self.problem = f"the request body was not searched: {error}"
                return
        if found := find(data):
            if how:
                without_coding(request)
                _marks(request)["coding"] = how
            request["body"] = body_field(masked(data, found, self._salt))
            spans = [[*span, item.pattern] for item in found for span in item.spans]
            _marks(request)["body"] = sorted([*_marks(request).get("body", []), *spans])
            self.count += len(found)

    def _mask_head(self, line: "_Line") -> None:
        head = line.record[2]
        self._coding = coding(head.get("headers", []))
        if self._coding and self._decodes:
            self._decoder = BodyDecoder(pairs(head["headers"]))
            without_coding(head)
            _marks(head)["coding"] = self._coding
            line.state = _State.CHANGED
        types = [value for name, value in head.get("headers", []) if name.lower() == "content-type"]
        if any(_AWS_EVENT_STREAM in value.lower() for value in types):
            self._sealer = FrameSealer()
        count = _mask_pairs(head, self._salt) + _mask_pairs(head, self._salt, "decoded")
        self._note_pairs(line, count)

    def _mask_trailers(self, line: "_Line") -> None:
        marks = line.record[3] if len(line.record) > 3 else {}
        fields = {"headers": line.record[2], **marks}
        count = _mask_pairs(fields, self._salt)
        if count:
            line.record[2:] = [fields.pop("headers"), fields]
        self._note_pairs(line, count)

    def _note_pairs(self, line: "_Line", count: int) -> None:
        if count:
            self.count += count
            line.state = _State.CHANGED

    def _mark_end(self, line: "_Line") -> None:
        fields = line.record[2]
        if self._decodes:
            for name, change in (("chunks", -self._dropped), ("bytes", self._added_bytes)):
                if isinstance(fields.get(name), int):
                    fields[name] += change
        if self._masks_body and isinstance(fields.get("client"), dict):
            # It has no salt: all else of the body is known, so a guess could be tried.
            fields["client"].pop("sha256", None)
        if self.count:
            fields["masked"] = fields.get("masked", 0) + self.count
            line.state = _State.CHANGED


class _State(Enum):
    SAME = "same"
    CHANGED = "changed"
    DECODED = "decoded"
    SEALED = "sealed"  # with another checksum
    DROPPED = "dropped"  # it decodes to nothing yet


@dataclass(slots=True)
class _Line:
    """A line of the file, and its record."""

    text: bytes
    record: Any = None
    state: _State = _State.SAME


def _write_data(record: list[Any], part: Part, *, is_decoded: bool) -> None:
    """Write a part's bytes and marks into its record."""
    marks = dict(record[3]) if len(record) > 3 else {}
    if part.marks:
        marks["masked"] = sorted([*marks.get("masked", []), *part.marks])
    code = record[1]
    if is_decoded or code in _TEXT_CODES:
        try:
            record[1:3] = [TEXT if is_decoded else code, part.data.decode()]
        except UnicodeDecodeError:
            record[1:3] = [BYTES, _base64(part.data)]
    else:
        record[2] = _base64(part.data)
    record[3:] = [marks] if marks else []


def _mask_url(request: dict[str, Any], salt: bytes) -> int:
    """Mask a request's URL in place, and mark where; return how many secrets."""
    url, names = mask_url(request["url"])
    found = find(url.encode())
    count = len(names) + len(found)
    request["url"] = masked(url.encode(), found, salt).decode()
    query_start = url.find("?") + 1 or len(url)
    for item in found:
        if item.start >= query_start:
            pair = max(url.rfind(mark, 0, item.start) for mark in "?&#") + 1
            names.append(url[pair : item.start].partition("=")[0])
        else:
            _marks(request)["path"] = True
    if names:
        _add_names(request, "query", names)
    return count


def _mask_pairs(fields: dict[str, Any], salt: bytes, field: str = "headers") -> int:
    """Mask headers in place and add their names to the marks; return how many secrets."""
    headers, names = mask_headers(pairs(fields.get(field, [])))
    count = len(names)
    result = []
    for name, value in headers:
        data = value.encode("latin-1")
        found = find(data)
        if found:
            names.append(name.lower())
            count += len(found)
        result.append([name, masked(data, found, salt).decode("latin-1")])
    if count:
        fields[field] = result
        _add_names(fields, "headers", names)
    return count


def _marks(fields: dict[str, Any]) -> dict[str, Any]:
    marks: dict[str, Any] = fields.setdefault("masked", {})
    return marks


def _add_names(fields: dict[str, Any], kind: str, names: list[str]) -> None:
    known = _marks(fields).setdefault(kind, [])
    known += [name for name in dict.fromkeys(names) if name not in known]


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


def _line(value: Any) -> bytes:
    if isinstance(value, list):  # keeps the six decimals of the time
        rest = (json.dumps(part, ensure_ascii=False) for part in value[1:])
        return f"[{value[0]:.6f}, {', '.join(rest)}]\n".encode("utf-8", "replace")
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "replace")
