from typing import Any

from ssetape.imports._jsonl_group import Group
from ssetape.imports._jsonl_lines import Line
from ssetape.imports._jsonl_origin import Origin


def origin(exchange: Any = None, capture: Any = None, **end: Any) -> Origin:
    group = Group()
    group.add(Line(1, {"kind": "request", "exchange": exchange, "capture": capture}))
    if end:
        group.add(Line(2, {"kind": "end", **end}))
    return Origin(group, "a.jsonl")


def test_lines_with_the_digest_of_what_was_exported_are_not_edited() -> None:
    assert not origin(sha256="x").is_edited("x")
    assert origin(sha256="y").is_edited("x")
    assert origin(end={}).is_edited("x")
    assert origin().is_edited("x")


def test_an_edited_capture_says_what_it_was_made_of() -> None:
    said = {"id": "7", "recorder": "r"}
    for capture in ("b.ssetape", "/a/b.ssetape", "C:\\\\a\\\\b.ssetape"):
        assert origin(said, capture).edited() == {
            "from": "b.ssetape", "id": "7", "recorder": "r", "changes": ["lines of a.jsonl"],
        }  # fmt: skip
    before = {"from": "first", "id": "1", "changes": ["speed 2"]}
    assert origin({**said, "edited": before}, "b").edited() == {
        **before, "recorder": "r", "changes": ["speed 2", "lines of a.jsonl"],
    }  # fmt: skip
    assert origin(said, None).edited() == {}


def test_what_is_not_said_or_odd_is_nothing() -> None:
    found = origin({"tapped": 5, "started": "x", "imported": {"times": "ends"}})
    assert found.said("tapped") == {}
    assert found.started_ns is None
    assert found.before("times", "chunks") == "ends"
    assert found.before("bytes", "exact") == "exact"
    assert found.kind("http") == "http"
    assert origin({"kind": "websocket"}).kind("http") == "websocket"
    assert origin({"started": "1970-01-01T00:00:01Z"}).started_ns == 10**9
