import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.exports import asciicast

Write = Callable[..., Path]


def test_the_answer_is_typed_at_its_rhythm(
    capture_file: Write, written: Callable[..., Any], chat: Callable[..., Any]
) -> None:
    path = capture_file(chat("Hel", "lo\n\x1b[31m"), method="POST", end_s=9.5)
    lines, problem = written(asciicast, Capture(path))
    header, *events = map(json.loads, lines.decode().splitlines())
    assert problem == ""
    assert header == {
        "version": 3,
        "term": {"cols": 100, "rows": 30},
        "timestamp": 1795426212,
        "title": "POST http://origin.test/stream",
    }
    assert events == [[1.0, "o", "Hel"], [1.0, "o", "lo\r\n\\x1b[31m"], [7.5, "m", "complete"]]


def test_what_nobody_understands_is_shown_as_it_came(
    capture_file: Write, written: Callable[..., Any]
) -> None:
    path = capture_file([(1, b'data: {"a":1}\n\n')], started="", end=None)
    lines, problem = written(asciicast, Capture(path))
    header, *events = map(json.loads, lines.decode().splitlines())
    assert "timestamp" not in header
    assert (events, problem) == ([[1.0, "o", '{"a":1}\r\n']], "")


def test_text_that_is_void_is_wiped_away(capture_file: Write, written: Callable[..., Any]) -> None:
    chunks = []
    for n, text in enumerate(("no", "yes")):
        content = {"content_type": "text", "parts": [text]}
        message = {"id": "a", "author": {"role": "assistant"}, "content": content}
        chunks.append((n, f"data: {json.dumps({'message': message})}\n\n".encode()))
    lines, _ = written(asciicast, Capture(capture_file(chunks, end=None)))
    assert json.loads(lines.splitlines()[2])[2] == "\x1b[2J\x1b[Hyes"


def test_rounding_does_not_add_up(capture_file: Write, written: Callable[..., Any]) -> None:
    chunks = [(n * 0.0000014, b"data: a\n\n") for n in range(1, 1000)]
    lines, _ = written(asciicast, Capture(capture_file(chunks, end=None)))
    intervals = [json.loads(line)[0] for line in lines.splitlines()[1:]]
    assert abs(sum(intervals) - chunks[-1][0]) < 0.000002


def test_damage_is_told(capture_file: Write, written: Callable[..., Any]) -> None:
    chunks = [(1, b'data: {"choices":[{"index":0,"delta":{}}]}\n\n'), (2, b"data: {torn\n\n")]
    assert "expected JSON" in written(asciicast, Capture(capture_file(chunks)))[1]
