import gzip
import itertools
import zlib

import pytest

from ssetape.errors import DecodingError
from ssetape.messages.framing import (
    AWS,
    EVENTS,
    JSON_ARRAY,
    JSON_DOCUMENTS,
    LINES,
    UNDECIDED,
    Framing,
    FramingDecision,
)


def decision(content_type: str | None, **headers: str) -> FramingDecision:
    labels = [] if content_type is None else [("Content-Type", content_type)]
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return FramingDecision([*labels, *fields])


@pytest.mark.parametrize(
    ("content_type", "framing"),
    [
        ("Application/X-NDJSON", LINES),
        ("application/json-seq", LINES),
        ("application/vnd.amazon.eventstream", AWS),
        ("text/css", None),
        ("image/svg+xml", None),
    ],
)
def test_a_label_that_says_it_decides(content_type: str, framing: Framing | None) -> None:
    decided = decision(content_type)
    assert decided.verdict is framing
    assert decided.feed(b"data: a\n\n") is framing
    assert decided.end() is framing


def test_a_header_of_vercel_s_says_lines() -> None:
    assert decision("text/plain", x_vercel_ai_data_stream="v1").verdict is LINES


@pytest.mark.parametrize(
    ("content_type", "body", "framing"),
    [
        ("text/event-stream; charset=utf-8", b"data: a\n\n", EVENTS),
        ("text/event-stream", b"\xef\xbb\xbf\n\nodd\n", EVENTS),
        ("text/event-stream", b"", EVENTS),
        ("text/event-stream", b"\n \n", EVENTS),
        ("text/event-stream", b'{"error":{"message":"no"}}', LINES),
        ("text/event-stream", b'\n{"event":"token"}\n\n{"event":"end"}\n', LINES),
        ("text/event-stream", b'{\n"error":{}\n}', JSON_DOCUMENTS),
        (None, b"data: a\n\n", EVENTS),
        ("text/plain", b"\xef\xbb\xbf\r\nevent: a\n", EVENTS),
        ("text/html", b": hi\n", EVENTS),
        ("text/plain", b" data: a\n\n", None),
        ("text/plain", b'0:"a"\n', LINES),
        ("text/plain", b'{"a":1}\n{"a":2}\n', LINES),
        ("text/plain", b'{\n  "a": 1,\n  "b": 2\n}\n', JSON_DOCUMENTS),
        (None, b'{ "a": [\r\n1,\r\n2]}', JSON_DOCUMENTS),
        ("text/html", b'{"a":\n1}', JSON_DOCUMENTS),
        ("text/plain", b"{not JSON\n}\n", None),
        ("text/html", b"{{ name }}\n<p>\n", None),
        ("text/plain", b"[1,2]", None),
        ("application/json", b' \n[{"a":1}]', JSON_ARRAY),
        ("application/json; charset=utf-8", b'{"a":1}\n{"a":2}\n', LINES),
        ("application/json", b'{"a":1}', LINES),
        ("application/json", b'{\n"a":1\n}', JSON_DOCUMENTS),
        ("application/problem+json", b'{"a":\n1}', JSON_DOCUMENTS),
        ("text/html", b"<p>\n", None),
        ("", b"", None),
        (None, b"  \n \n", None),
        (None, b"dat", None),
        (None, b"12", None),
    ],
)
def test_else_its_first_bytes_decide_however_they_come(
    content_type: str | None, body: bytes, framing: Framing | None
) -> None:
    whole = decision(content_type)
    whole.feed(body)
    assert whole.end() is framing
    one_by_one = decision(content_type)
    for place in range(len(body)):
        verdict = one_by_one.feed(body[place : place + 1])
        assert verdict is UNDECIDED or verdict is framing
    assert one_by_one.end() is framing
    coded = decision(content_type, content_encoding="gzip")
    coded.feed(gzip.compress(body))
    assert coded.end() is framing


def test_an_array_of_a_stated_length_is_a_document_and_not_a_stream() -> None:
    body = b'[{"a": 1},\n{"a": 2}]'
    for headers, framing in (
        ({}, JSON_ARRAY),
        ({"content_length": str(len(body))}, JSON_DOCUMENTS),
    ):
        decided = decision("application/json", **headers)
        decided.feed(body)
        assert decided.end() is framing


def test_no_more_is_looked_at_than_may_tell() -> None:
    decided = decision("application/json")
    assert decided.feed(b" " * 4_000) is UNDECIDED
    assert decided.feed(b" " * 100) is None
    long_line = decision("application/json")
    assert long_line.feed(b'{"a":"') is UNDECIDED
    for _ in range(60_000):
        assert long_line.feed(b"x") is UNDECIDED
    assert long_line.feed(b"x" * 10_000) is LINES


@pytest.mark.parametrize(
    ("content_type", "body", "framing"),
    [
        (None, b"\n" * 1019 + b"data: a\n\n", EVENTS),
        (None, b"\n" * 1023 + b"data: a\n\n", None),
        (None, b" " * 4095 + b"{}", LINES),
        (None, b" " * 4096 + b"{}", None),
        ("application/json", b'{"a":"' + b"x" * 65_529 + b"\n}", JSON_DOCUMENTS),
        ("application/json", b'{"a":"' + b"x" * 65_530 + b"\n}", LINES),
    ],
)
def test_limits_are_the_same_wherever_a_body_is_cut(
    content_type: str | None, body: bytes, framing: Framing | None
) -> None:
    for cut in (0, 1, 1022, 1024, 4095, len(body) - 2):
        decided = decision(content_type)
        decided.feed(body[:cut])
        decided.feed(body[cut:])
        assert decided.end() is framing


def test_a_coding_that_is_not_known_is_said() -> None:
    with pytest.raises(DecodingError, match="'exi' is not supported"):
        decision("text/plain", content_encoding="exi")
    with pytest.raises(DecodingError, match="not gzip"):
        decision("text/plain", content_encoding="gzip").feed(b"no gzip")


@pytest.mark.parametrize("content_type", [None, "text/event-stream", "application/json"])
def test_a_body_that_unfolds_to_nothing_is_decided_on_before_much_is_held(
    content_type: str | None,
) -> None:
    decided = decision(content_type, content_encoding="gzip")
    assert decided.feed(zlib.compressobj(wbits=31).flush(zlib.Z_FULL_FLUSH)) is UNDECIDED
    empty = b"\0\0\0\xff\xff" * 1000
    fed = itertools.takewhile(lambda _: decided.feed(empty) is UNDECIDED, itertools.count(1))
    assert max(fed) * len(empty) <= 1024 * 1024
