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
    found = [json.loads(line) for line in lines.splitlines()]
    assert all({"capture", "seq", "t", "kind", "data"} <= line.keys() for line in found)
    first, *others = (line for line in found if line["seq"] is not None)
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
    kinds = [json.loads(line)["kind"] for line in lines.splitlines()]
    assert kinds == ["request", "head", "event", "end"]
    assert "expected a record" in problem


def test_what_is_not_an_event_has_lines_of_other_kinds(
    capture_file: Write, written: Callable[..., Any]
) -> None:
    body = b"\xef\xbb\xbf: hi\n\nid: 1\ndata: a\n\nretry: 5\n\n: left"
    path = capture_file([(1, body[:20]), (2, body[20:])], trailers=[("x", "y")], end=None)
    lines, _ = written(jsonl, Capture(path))
    found = [json.loads(line) for line in lines.splitlines()]
    assert [(line["kind"], line["data"]) for line in found[2:-2]] == [
        ("bytes", "\N{BOM}"), ("comment", " hi"), ("event", "a"),
        ("bytes", "retry: 5\n\n"), ("bytes", ": left"),
    ]  # fmt: skip
    request, head, _, comment, event, *_, trailers, end = found
    assert request["request"]["url"] == "http://origin.test/stream"
    assert request["exchange"]["id"] == "x"
    assert (head["head"]["status"], head["framing"]) == (200, "events")
    assert comment["joined"] is True
    assert event["pieces"] == [[-1.0, 11], [0.0, 4]]
    assert trailers["trailers"] == [["x", "y"]]
    assert (end["end"], len(end["sha256"])) == (None, 64)
