from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.capture import Capture
from ssetape.cli.running.awaited import among_neighbours


@pytest.fixture
def stream(raw_capture: Callable[..., bytes], tmp_path: Path) -> Capture:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(9.0, b"data: a\n\n")], url="http://a.test/events"))
    return Capture(path)


def test_a_stream_alone_waits_for_nothing(stream: Capture) -> None:
    assert among_neighbours(stream) == []


def test_a_stream_waits_for_what_was_posted_meanwhile(
    stream: Capture, raw_capture: Callable[..., bytes]
) -> None:
    posted = raw_capture(
        url="http://a.test/ask",
        method="POST",
        headers=[],
        started="2026-11-23T09:30:14.623456Z",
    )
    (stream.path.parent / "b.ssetape").write_bytes(posted)
    (stream.path.parent / "c.ssetape").write_bytes(b"damaged")
    (line,) = among_neighbours(stream)
    assert line == "POST http://a.test/ask, 2.500 s after its own request (b.ssetape)"
