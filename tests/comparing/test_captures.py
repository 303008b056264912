import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from said import chat

from ssetape.capture import Capture
from ssetape.comparing.captures import FirstUnlike, TextChange, compare
from ssetape.comparing.json import Difference

Write = Callable[..., Path]


def test_a_capture_is_the_same_as_itself(capture_file: Write) -> None:
    path = capture_file(chat("a", "b"))
    made = compare(Capture(path), Capture(path))
    assert made.is_same
    assert made.event_counts == {"message": (3, 3)}
    assert made.gaps_delta == 0.0
    assert made.text == [TextChange(True, "ab", "ab")]


def test_requests_and_heads(capture_file: Write) -> None:
    headers = [("content-type", "text/event-stream"), ("date", "x"), ("x-a", "1")]
    first = Capture(capture_file(chat("a"), method="POST", body=b'{"t": 1, "m": [1]}'))
    second = Capture(
        capture_file(
            chat("a"), url="http://b.test/", method="POST", body=b'{"t": 2, "m": [1, 2]}',
            status=201, headers=headers, end="upstream_cut",
        )
    )  # fmt: skip
    made = compare(first, second)
    assert made.request == [
        Difference("url", "http://origin.test/stream", "http://b.test/"),
        Difference("body.t", 1, 2),
        Difference("body.m[1]", None, 2),
    ]
    assert made.response == [
        Difference("status", 200, 201),
        Difference("header x-a", None, "1"),
        Difference("end", "complete", "upstream_cut"),
    ]
    no_head = Capture(capture_file([], status=None, end="connect_failed", body=b"\xff"))
    made = compare(first, no_head)
    assert Difference("head", "status 200", None) in made.response
    assert Difference("body", "18 bytes", "1 bytes") in made.request
    assert not made.is_same


def test_a_tapped_stream_and_a_proxied_one_differ_in_nothing_but_the_cache(
    capture_file: Write,
) -> None:
    kept, coding = ("content-type", "text/event-stream"), ("Content-Encoding", "gzip")
    body = b"".join(data for _, data in chat("a", "b"))
    proxied = Capture(capture_file([(0.1, gzip.compress(body))], headers=[kept, coding]))
    tapped = Capture(capture_file(chat("a", "b"), headers=[kept], decoded=[coding]))
    assert compare(proxied, tapped).is_same
    cached = Capture(
        capture_file(chat("a", "b"), headers=[kept], decoded=[coding], from_cache=True)
    )
    assert compare(tapped, cached).response == [Difference("from_cache", False, True)]


def test_events_and_what_was_said(capture_file: Write) -> None:
    first = Capture(capture_file(chat("The cat", " sat down")))
    second = Capture(capture_file(chat("The dog", " sat down", stop="length")))
    made = compare(first, second)
    assert made.first_unlike is not None
    assert made.first_unlike.number == 0
    assert [(c.is_same, c.first, c.second) for c in made.text] == [
        (True, "The", "The"),
        (False, " cat", " dog"),
        (True, " sat down", " sat down"),
    ]
    assert made.said == [Difference("answer.choices[0].stop", "stop", "length")]


def test_of_raw_streams_events_are_compared(capture_file: Write) -> None:
    first = Capture(capture_file([(1, b'data: {"t":1}\n\n'), (2, b'event: x\ndata: {"t":2}\n\n')]))
    second = Capture(capture_file([(1, b'data: {"t":1}\n\n')]))
    made = compare(first, second)
    assert made.first_unlike == FirstUnlike(1, '{"t":2}', None)
    assert made.event_counts == {"message": (1, 1), "x": (1, 0)}
    assert (made.text, made.said) == ([], [])


def test_the_rhythm_has_the_size_of_its_effect(capture_file: Write) -> None:
    first = Capture(capture_file(chat("a", "b", "c")))
    second = Capture(capture_file(chat("a", "b", "c", gap_s=2.0)))
    made = compare(first, second)
    assert made.is_same
    assert made.gaps_delta == 1.0


def test_very_long_answers_are_compared_as_a_whole(
    capture_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssetape.comparing.captures._WORDS_LIMIT", 3)
    first = Capture(capture_file(chat("a b c d e")))
    second = Capture(capture_file(chat("a b c d f")))
    assert compare(first, second).text == [TextChange(False, "a b c d e", "a b c d f")]


def test_spellings_of_one_request_are_no_difference(capture_file: Write) -> None:
    first = Capture(
        capture_file(chat("a"), method="POST", url="http://a.test/~a?b=%c3%a9&c=1", body=b'{"a":1}')
    )
    second = Capture(
        capture_file(
            chat("a"), method="POST", url="http://a.test:80/%7Ea?c=1&b=%C3%A9", body=b'{"a": 1.0}'
        )
    )
    assert compare(first, second).request == []
    form = Capture(capture_file(chat("a"), method="POST", body=b"a=1&b=2"))
    other = Capture(capture_file(chat("a"), method="POST", body=b"b=3&a=%31"))
    assert compare(form, other).request == [Difference("body.b", "2", "3")]
