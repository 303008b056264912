import gzip
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.errors import DecodingError, EventTooLarge
from ssetape.format.values import Chunk
from ssetape.messages.aws import AwsFrames
from ssetape.messages.json_array import JsonArray
from ssetape.messages.lines import Lines

GZIP = [("content-encoding", "gzip")]


def test_a_message_has_the_times_of_its_first_and_last_byte(framed: Callable[..., Any]) -> None:
    found = framed(Lines, [b"on", b"e\ntwo\nth", b"ree"])
    assert [(m.data, m.t_first_s, m.t_s) for m in found] == [
        ("one", 0.0, 1.0),
        ("two", 1.0, 1.0),
        ("three", 1.0, 2.0),
    ]


def test_a_body_is_decoded_from_its_content_encoding(framed: Callable[..., Any]) -> None:
    body = gzip.compress(b"one\ntwo\n")
    found = framed(Lines, [body[:12], body[12:]], GZIP)
    assert [m.data for m in found] == ["one", "two"]
    with pytest.raises(DecodingError):
        framed(Lines, [b"not gzip"], GZIP)


def test_bytes_that_are_not_utf8_are_replaced(framed: Callable[..., Any]) -> None:
    assert [m.data for m in framed(Lines, [b"a\xffb\n"])] == ["a�b"]


@pytest.mark.parametrize("framer", [Lines, JsonArray, AwsFrames])
def test_a_message_that_never_ends_is_refused_at_the_limit(framer: Any) -> None:
    made = framer([], limit_bytes=1000)
    start = b"\x00\x10\x00\x00\x00\x00\x00\x00\x02\xfc\x43\xa7" if framer is AwsFrames else b'["'
    with pytest.raises(EventTooLarge):  # noqa: PT012  it comes where it comes
        list(made.feed(Chunk(0.0, start)))
        for _ in range(30):
            list(made.feed(Chunk(1.0, b"x" * 100)))


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_a_message_beyond_the_limit_is_refused_wherever_it_is_cut(cut: int) -> None:
    lines = Lines([], limit_bytes=10)
    body = b"1\n" + b"x" * 30 + b"\n2\n"
    found = []
    with pytest.raises(EventTooLarge, match="the event at byte 2 exceeded 10 bytes"):  # noqa: PT012
        for start in range(0, len(body), cut):
            found += [each.data for each in lines.feed(Chunk(0.0, body[start : start + cut]))]
    assert found in (["1"], [])
