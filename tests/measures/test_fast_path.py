from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format import plain_blocks
from ssetape.measures import fast_path
from ssetape.measures.gaps import Timing
from ssetape.messages.arrivals import Traffic

Write = Callable[..., Path]
PIECES = st.lists(
    st.sampled_from(
        [b"data: 1\n\n", b"data: \xc3\xa9\n\n", b"data: cut", b"\n\n", b": c\n\n", b"\n", b"\xff",
         b"event: x\ndata: 1\ndata: 2\n\n", b"data: a\n\ndata: b\n\n", b"data: a\r\n\r\n"]
    ),
    max_size=12,
)  # fmt: skip


@given(PIECES, st.sampled_from([1, 50, 10_000]))
def test_it_measures_what_the_events_are(
    capture_file: Write, pieces: list[bytes], block_bytes: int
) -> None:
    capture = Capture(capture_file([(n + 0.25, piece) for n, piece in enumerate(pieces)]))
    timing, traffic = Timing(), Traffic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_blocks, "_BLOCK_BYTES", block_bytes)
        fast_path.read(capture, timing, traffic)
    right = Timing()
    for event in capture.events():
        right.see(event.t_s, event.event, event.data)
    assert (timing.count, timing.first_s, timing.last_s) == (
        right.count,
        right.first_s,
        right.last_s,
    )
    assert timing.stalls() == right.stalls()
    assert (traffic.chunks, traffic.size_bytes) == (len(pieces), sum(map(len, pieces)))


@pytest.mark.parametrize(
    ("headers", "kind", "can"),
    [
        ([("Content-Type", "text/event-stream; charset=utf-8")], "http", True),
        ([("content-type", "text/event-stream"), ("content-encoding", "identity")], "http", True),
        ([("content-type", "text/event-stream"), ("Content-Encoding", "gzip")], "http", False),
        ([("content-type", "text/plain")], "http", False),
        ([("content-type", "text/event-stream")], "websocket", False),
    ],
)
def test_what_can_be_read_so(
    headers: list[tuple[str, str]], kind: str, can: bool, capture_file: Write
) -> None:
    assert fast_path.can_be_read(Capture(capture_file([], headers=headers, kind=kind))) is can


def test_damage_is_told_behind_what_is_good(capture_file: Write) -> None:
    timing = Timing()
    torn = Capture(capture_file([(1, b"data: a\n\n")], end=None, tail=b"[2"))
    fast_path.read(torn, timing, Traffic())
    assert (timing.count, len(torn.problems)) == (1, 1)
    broken = Capture(capture_file([(1, b"data: a\n\n")], end=None, tail=b"{}\n"))
    with pytest.raises(CaptureError, match="line 4"):
        fast_path.read(broken, timing, Traffic())
    assert timing.count == 2
