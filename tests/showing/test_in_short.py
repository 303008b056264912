from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.showing import stats
from ssetape.showing.in_short import in_short, was_cut

Write = Callable[..., Path]

TICKS = [(n / 10, b"event: tick\ndata: %d\n\n" % n) for n in range(1, 21)]


def said(t_s: float, content: str, key: str = "content") -> tuple[float, bytes]:
    return (
        t_s,
        b'data: {"choices":[{"index":0,"delta":{"%b":"%b"}}]}\n\n'
        % (key.encode(), content.encode()),
    )


STOP = (2.0, b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n')
USAGE = (2.0, b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":25}}\n\n')


def measured(path: Path) -> dict[str, Any]:
    return stats.fields(Capture(path).measure())


@pytest.mark.parametrize(
    ("chunks", "rest", "words"),
    [
        (
            [said(0.43, "a"), said(1.43, "b"), STOP, USAGE],
            {},
            "ttft 0.43 s, 25 tokens, 25 tok/s, complete",
        ),
        # Estimated, as nothing reports usage.
        (
            [said(0.5, "12345678"), said(1.0, "1234")],
            {},
            "ttft 0.50 s, ~3 tokens, ~6 tok/s, complete",
        ),
        # In one go: it has no pace.
        ([said(0.5, "a"), said(0.501, "b"), STOP, USAGE], {}, "ttft 0.50 s, 25 tokens, complete"),
        # The first token is of whatever kind.
        (
            [said(0.5, "hm", "reasoning_content"), said(1.5, "hmhm"), STOP, USAGE],
            {},
            "ttft 0.50 s, first text 1.50 s, 25 tokens, 25 tok/s, complete",
        ),
        (TICKS, {}, "first event 0.10 s, 20 events, 10/s, complete"),
        (TICKS[:1], {"end": "upstream_cut"}, "first event 0.10 s, 1 event, upstream_cut"),
        ([(0.003, TICKS[0][1])], {"end": None}, "first event 0.003 s, 1 event, interrupted"),
        ([], {}, "0 events, complete"),
    ],
)
def test_what_a_comment_says(
    capture_file: Write, chunks: Any, rest: dict[str, Any], words: str
) -> None:
    assert in_short(measured(capture_file(chunks, **rest))) == words


def test_an_error_in_the_stream_is_named_and_no_terminal_obeys_it(capture_file: Write) -> None:
    failed = (1.0, b'data: {"error":{"message":"busy \\u001b[2J%b"}}\n\n' % (b"x" * 100))
    words = in_short(measured(capture_file([said(0.5, "abcd"), failed], end="a\nb")))
    assert words.startswith("ttft 0.50 s, ~1 token, error: busy \\x1b[2Jxxx")
    assert words.endswith("xxx, a\\nb")
    assert len(words) < 130


@pytest.mark.parametrize(
    ("chunks", "end", "cut"),
    [
        ([said(0.5, "a")], "complete", False),
        ([said(0.5, "a")], "upstream_cut", True),
        ([said(0.5, "a")], "client_closed", True),
        ([said(0.5, "a")], None, True),
        # The client need not wait for the end of the transport.
        ([said(0.5, "a"), STOP], "client_closed", False),
        ([said(0.5, "a"), STOP], "client_reset", False),
        ([said(0.5, "a"), STOP], "upstream_cut", True),
    ],
)
def test_what_was_cut(capture_file: Write, chunks: Any, end: str | None, cut: bool) -> None:
    assert was_cut(measured(capture_file(chunks, end=end))) is cut
