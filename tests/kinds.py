"""Captures of every kind, for properties: each is the bytes of a file."""

import base64
import gzip
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

from conftest import capture_bytes
from hypothesis import strategies as st

EVENTS = (("content-type", "text/event-stream"),)
NDJSON = (("content-type", "application/x-ndjson"),)
JSON = (("content-type", "application/json"),)
AWS = (("content-type", "application/vnd.amazon.eventstream"),)
PAGE = (("content-type", "text/html"),)
GZIP = (("content-encoding", "gzip"), ("content-length", "99"))

_LINES = st.sampled_from(
    [
        *("data: é", "data:x", "data", "data: {}", 'data: {"a": "\N{GRINNING FACE}"}', "id: 1"),
        *("id", "id: 2", "event: note", "event: message", "retry: 30", "retry: x", ": hi", ":"),
        *("other: 1", "", "", "", "\N{BOM}data: b", "data: \0"),
    ]
)
_NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
_TIMES = st.lists(st.integers(0, 3_000_000), min_size=1, max_size=12).map(sorted)


@st.composite
def event_streams(draw: Callable[..., Any]) -> bytes:
    """Event streams of any line ends, mixed or not, perhaps with a mark, or bytes not UTF-8."""
    lines = draw(st.lists(_LINES, max_size=25))
    one = draw(_NEWLINES)
    ends = [one if draw(st.booleans()) else draw(_NEWLINES) for _ in lines]
    body = "".join(line + end for line, end in zip(lines, ends, strict=True)).encode()
    body = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + body
    return body.replace(b"data:x", b"data: \xff\xfe") if draw(st.booleans()) else body


@st.composite
def json_lines(draw: Callable[..., Any]) -> bytes:
    """JSON lines, with blank ones between, and perhaps no line feed at their end."""
    lines = draw(st.lists(st.sampled_from(['{"a":1}', '{"b":"é"}', "", "\x1e{}", " "]), max_size=9))
    ends = [draw(st.sampled_from(["\n", "\r\n"])) for _ in lines]
    body = "".join(map("".join, zip(lines, ends, strict=True)))
    return (body + draw(st.sampled_from(["", '{"last":1}']))).encode()


@st.composite
def arrays(draw: Callable[..., Any]) -> bytes:
    """An array as Gemini streams it, in any layout, perhaps unfinished."""
    elements = draw(st.lists(st.sampled_from(['{"a":[1,2]}', '{"b":"],["}', "3"]), max_size=6))
    comma = draw(st.sampled_from([",", ",\r\n", "\n,\n"]))
    body = "[" + comma.join(elements) + draw(st.sampled_from(["]", "\n]\n", ""]))
    return body.encode()


def frame(name: str, data: bytes, kind: str = "event") -> bytes:
    """A frame of AWS's event streams."""
    headers = b""
    for key, value in ((f":{kind}-type", name), (":message-type", kind)):
        headers += bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value))
        headers += value.encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(data), len(headers))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + data
    return body + struct.pack(">I", zlib.crc32(body))


_FRAMES = st.lists(
    st.builds(
        frame,
        st.sampled_from(["chunk", "", "é"]),
        st.sampled_from([b"{}", b"", b'{"a":"\xc3\xa9"}', b"\xff"]),
        st.sampled_from(["event", "event", "exception"]),
    ),
    max_size=6,
).map(b"".join)


@st.composite
def cut(draw: Callable[..., Any], body: bytes) -> list[tuple[float, bytes]]:
    """A body in chunks, cut anywhere, some at the same time."""
    edges = sorted(draw(st.sets(st.integers(1, max(1, len(body) - 1)), max_size=10)))
    pieces = [body[a:b] for a, b in zip([0, *edges], [*edges, len(body)], strict=True)]
    pieces = [piece for piece in pieces if piece]
    times = sorted(draw(st.lists(st.integers(0, 3_000_000), min_size=11, max_size=11)))
    return [(us / 1e6, piece) for us, piece in zip(times, pieces, strict=False)]


@st.composite
def fields(draw: Callable[..., Any]) -> dict[str, Any]:
    """How an exchange ended, and what came behind the body."""
    end = draw(st.sampled_from(["complete", "complete", "upstream_cut", None]))
    found: dict[str, Any] = {"end": end}
    if end is not None and draw(st.booleans()):
        found["end_s"] = 3.5
    if draw(st.booleans()):
        found["trailers"] = [("x-sum", "1")]
    if draw(st.booleans()):
        found |= {"body": b"{\xff}", "method": "POST", "masked_query": ["key"]}
    return found


@st.composite
def bodies(draw: Callable[..., Any]) -> bytes:
    """A capture with a body of any kind."""
    body, headers = draw(
        st.one_of(
            st.tuples(event_streams(), st.just(EVENTS)),
            st.tuples(event_streams(), st.just(())),
            st.tuples(json_lines(), st.just(NDJSON)),
            st.tuples(arrays(), st.just(JSON)),
            st.tuples(st.just(b'{\n "a": 1\n}\n'), st.just(JSON)),
            st.tuples(_FRAMES, st.just(AWS)),
            st.tuples(_FRAMES.map(lambda body: body + b"damage" * 9), st.just(AWS)),
            st.tuples(st.binary(max_size=40), st.just(PAGE)),
            st.tuples(st.binary(max_size=40), st.just(EVENTS)),
        )
    )
    made: bytes = capture_bytes(draw(cut(body)), headers=headers, **draw(fields()))
    return made


@st.composite
def encoded(draw: Callable[..., Any]) -> bytes:
    """A capture whose body has a Content-Encoding."""
    body = gzip.compress(draw(event_streams()), mtime=0)
    made: bytes = capture_bytes(draw(cut(body)), headers=[*EVENTS, *GZIP], **draw(fields()))
    return made


@st.composite
def masked(draw: Callable[..., Any]) -> bytes:
    """A capture with marks of what is masked: in events, and through the cuts of chunks."""
    chunks = draw(cut(draw(event_streams())))
    lines = capture_bytes(chunks, masked_query=["k"]).splitlines()
    for place, line in enumerate(lines[2:-1], 2):
        record = json.loads(line)
        value = record[2].encode() if record[1] == "<" else base64.b64decode(record[2])
        start = draw(st.integers(0, len(value) - 1))
        span = [start, draw(st.integers(start + 1, len(value))), "key"]
        lines[place] = json.dumps([*record, {"masked": [span]}], ensure_ascii=False).encode()
    end = json.loads(lines[-1])
    lines[-1] = json.dumps(
        [end[0], "end", {**end[2], "masked": len(chunks), "guessed": True}]
    ).encode()
    return b"\n".join([*lines, b""])


@st.composite
def sockets(draw: Callable[..., Any]) -> bytes:
    """A WebSocket: messages of both sides, text and binary, some dropped, masked or injected."""
    lines = capture_bytes(kind="websocket", status=101, headers=[], end=None).splitlines()
    size_bytes = 0
    for us in draw(_TIMES):
        is_text = draw(st.booleans())
        data = draw(st.sampled_from([b"", b"{}", "é".encode(), b"\xff", b"abc"]))
        size_bytes += len(data)
        side = draw(st.sampled_from("<>"))
        marks = draw(st.sampled_from([{}, {}, {"dropped": True}, {"injected": True}]))
        value = data.decode("utf-8", "replace") if is_text else base64.b64encode(data).decode()
        if is_text and b"\xff" in data:
            is_text, marks, value = (
                False,
                {"type": "text", **marks},
                base64.b64encode(data).decode(),
            )
        if data == b"abc":
            marks = {**marks, "masked": [[1, 3, "key"]]}
        record = [us / 1e6, side if is_text else f"{side}b", value, *([marks] if marks else [])]
        lines.append(json.dumps(record, ensure_ascii=False).encode())
    if draw(st.booleans()):
        close = {"code": 1000, "reason": "bye", "by": "client"}
        totals = {"chunks": len(lines) - 2, "bytes": size_bytes}
        end = {"reason": "complete", "close": close, **totals}
        lines.append(json.dumps([3.5, "end", end]).encode())
    return b"\n".join([*lines, b""])


def headless() -> st.SearchStrategy[bytes]:
    """A capture of an exchange that ended before its response."""
    made: Any = st.sampled_from(["client_closed", None]).map(
        lambda end: capture_bytes(status=None, end=end)
    )
    return made  # type: ignore[no-any-return]


def captures() -> st.SearchStrategy[bytes]:
    """A capture of any kind."""
    return st.one_of(bodies(), encoded(), masked(), sockets(), headless())
