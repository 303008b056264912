import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.exports import jsonl

Write = Callable[..., Path]


def test_an_object_a_line(
    capture_file: Write, written: Callable[..., Any], socket: Capture
) -> None:
    capture = Capture(capture_file([(1, b"id: 7\ndata: a\n\n")]), name="c")
    lines, problem = written(jsonl, capture, socket)
    first, *others = map(json.loads, lines.splitlines())
    assert problem == ""
    assert first == {
        "capture": "c", "seq": 0, "t": 1, "t_first": 1, "gap": None, "kind": "event",
        "direction": "in", "event": "message", "id": "7", "data": "a", "base64": None,
        "said": '"a"',
    }  # fmt: skip
    assert [(each["data"], each["base64"]) for each in others] == [
        ("hi", None),
        ("café", None),
        (None, "AP8="),
    ]


def test_damage_is_told_behind_what_is_good(
    capture_file: Write, written: Callable[..., Any]
) -> None:
    path = capture_file([(1, b"data: a\n\n")], end=None, tail=b"{}\n")
    lines, problem = written(jsonl, Capture(path))
    assert len(lines.splitlines()) == 1
    assert "expected a record" in problem
