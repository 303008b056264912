import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.exports import raw

Write = Callable[..., Path]
GZIP = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]


def test_the_body_is_decoded(capture_file: Write, written: Callable[..., Any]) -> None:
    body = gzip.compress(b"data: \xff\r\n\r\n")
    capture = Capture(capture_file([(1, body[:9]), (2, body[9:])], headers=GZIP))
    assert written(raw, capture) == (b"data: \xff\r\n\r\n", "")


def test_what_cannot_be_decoded_or_has_no_body_is_told(
    capture_file: Write, written: Callable[..., Any], socket: Capture
) -> None:
    _, problem = written(
        raw, Capture(capture_file([(1, b"no gzip at all")], headers=GZIP), name="c")
    )
    assert problem.startswith("c: the body is not gzip")
    assert "show --raw" in problem
    assert "is a WebSocket capture" in written(raw, socket)[1]
