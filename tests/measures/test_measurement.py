from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format import plain_blocks
from ssetape.meaning.reading import Meaning
from ssetape.measures.measure import measure
from ssetape.measures.measurement import Measurement, Meter
from ssetape.messages.reading import spoken

Write = Callable[..., Path]
CHAT = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":%s}\n\n'
CLAUDE = DELTA % b'{"type":"text_delta","text":"a"}'
PIECES = st.lists(
    st.sampled_from(
        [b"data: 1\n\n", b"data: \xc3\xa9\n\n", b"data: cut", b"\n\n", b": c\n\n", b"\n", b"\xff",
         b"event: x\ndata: 1\ndata: 2\n\n", b"data: a\n\ndata: b\n\n", b"data: a\r\n\r\n"]
    ),
    max_size=12,
)  # fmt: skip
# Records that are one event each, in runs: those that fit a typed reader, and those that do not.
EVENTS = st.lists(
    st.sampled_from(
        [
            *([CHAT] * 5, [CLAUDE] * 5, [b"data: [DONE]\n\n"], [b"data: x\n\n"], [b"id: 7\n"]),
            [CHAT.replace(b'"content"', b'"reasoning"')] * 2,
            [CHAT.replace(b'"a"', b'""')] * 2,
            [CHAT.replace(b'"delta"', b'"finish_reason":"stop","delta"')],
            [b'data: {"choices":[],"usage":{"completion_tokens":5}}\n\n'],
            [DELTA % b'{"type":"input_json_delta","partial_json":"{"}'] * 2,
            [b'event: message_delta\ndata: {"delta":{"stop_reason":"end_turn"}}\n\n'],
        ]
    ),
    max_size=12,
).map(lambda runs: [piece for run in runs for piece in run])


def one_by_one(capture: Capture) -> Measurement:
    """The measurement of a capture, each record by itself."""
    meaning, meter = Meaning.of(capture), Meter(capture.name)
    for record in capture.records():
        meter.take(record)
        for item in meaning.messages.feed(record):
            message = spoken(item)
            if message is not None:
                meter.came(message)
                for understood in meaning.feed(message):
                    meter.said(*understood, meaning.protocol)
    for understood in meaning.end():
        meter.said(*understood, meaning.protocol)
    return meter.measured(meaning, capture.problems)


def values(measured: Measurement) -> tuple[Any, ...]:
    gaps = measured.gaps
    shares = [gaps.quantile(share) for share in (0.0, 0.5, 0.9, 1.0)]
    return (replace(measured, gaps=None), gaps.count, shares)  # type: ignore[arg-type]


@pytest.mark.parametrize("first", [[b"data: raw\n\n"] * 40, [CHAT] * 40, [CLAUDE] * 40, []])
@given(PIECES | EVENTS, st.sampled_from([1, 50, 500, 10_000]))
def test_blocks_measure_what_records_do(
    capture_file: Write, first: list[bytes], pieces: list[bytes], block_bytes: int
) -> None:
    path = capture_file([(n + 0.25, piece) for n, piece in enumerate([*first, *pieces])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_blocks, "_BLOCK_BYTES", block_bytes)
        measured = measure(Capture(path))
    assert values(measured) == values(one_by_one(Capture(path)))
    assert measured.events == sum(1 for _ in Capture(path).events())
    assert measured.chunks == len(first) + len(pieces)


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": [("content-type", "text/event-stream"), ("content-encoding", "identity")]},
        {"headers": [("content-type", "text/plain")]},
        {"headers": []},
    ],
)
def test_so_they_do_whatever_the_label(fields: dict[str, Any], capture_file: Write) -> None:
    path = capture_file([(n / 8, b"data: raw\n\n") for n in range(40)], **fields)
    assert values(measure(Capture(path))) == values(one_by_one(Capture(path)))


def test_damage_is_told_behind_what_is_good(capture_file: Write) -> None:
    torn = measure(Capture(capture_file([(1, b"data: a\n\n")], end=None, tail=b"[2")))
    assert (torn.events, len(torn.problems), torn.end) == (1, 1, None)
    broken = Capture(capture_file([(1, b"data: a\n\n")], end=None, tail=b"{}\n"))
    with pytest.raises(CaptureError, match="line 4"):
        measure(broken)
