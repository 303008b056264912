"""Streams, and the ordinary responses beside them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import ssetape
from ssetape.messages.ordinary import is_ordinary

Write = Callable[..., Path]
PRETTY = json.dumps({"data": [{"id": number} for number in range(9)]}, indent=2).encode()


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/html", b"<p>\n<p>\n", True),
        ("image/png", b"\x89PNG\n\n", True),
        ("application/json", b'{"a": 1}', True),
        ("application/json", PRETTY, True),
        ("text/plain", PRETTY, True),
        ("text/html", PRETTY, True),
        ("application/json", b"", True),
        ("application/json", b'{"a": 1}\n{"a": 2}\n', False),
        ("application/json", b'[{"a": 1},\n{"a": 2}]', False),
        ("text/plain", b"data: a\n\n", False),
        ("text/event-stream", b"", False),
        ("application/x-ndjson", b"{}\n", False),
    ],
)
def test_one_body_without_a_stream_s_label_is_ordinary(
    content_type: str, body: bytes, expected: bool, capture_file: Write
) -> None:
    path = capture_file([(0.1, body)] if body else [], headers=[("Content-Type", content_type)])
    capture = ssetape.open(path)
    assert is_ordinary(capture) is expected
    assert capture.measure().is_one_body is expected


def test_an_array_of_a_stated_length_is_ordinary(capture_file: Write) -> None:
    headers = [("Content-Type", "application/json"), ("Content-Length", "5")]
    assert is_ordinary(ssetape.open(capture_file([(0.1, b"[1,2]")], headers=headers)))


def test_a_websocket_and_what_was_never_answered_are_not_ordinary(capture_file: Write) -> None:
    assert not is_ordinary(ssetape.open(capture_file(kind="websocket")))
    assert not is_ordinary(ssetape.open(capture_file(status=None)))
