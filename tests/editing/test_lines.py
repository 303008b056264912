import json
from collections.abc import Callable
from typing import Any

import kinds
from hypothesis import given

import ssetape
from ssetape.editing.lines import lines_of
from ssetape.messages.message import StreamMessage
from ssetape.tables.rows import Exchange

Make = Callable[..., Any]


def lines(capture: Any) -> list[dict[str, Any]]:
    rows = Exchange(capture).event_rows(with_said=False)
    return [json.loads(json.dumps(line)) for line in lines_of(capture, rows)]


@given(content=kinds.captures())
def test_each_message_has_a_line_and_the_exchange_has_one_of_each_end(
    content: bytes, capture_file: Callable[..., Any]
) -> None:
    capture = ssetape.open(capture_file(content))
    found = lines(capture)
    assert [line["kind"] for line in found[:2]] == ["request", "head"]
    assert found[-1]["kind"] == "end"
    messages = [line for line in found if line["seq"] is not None]
    assert [line["seq"] for line in messages] == list(range(len(messages)))
    said = [item for item in capture.items() if not hasattr(item, "text") or hasattr(item, "data")]
    assert [line["t"] for line in messages] == [item.t_s for item in said]
    assert [line["data"] for line in messages] == [
        item.data if isinstance(item, StreamMessage) else item.text for item in said
    ]


def test_bytes_that_are_as_they_would_be_encoded_are_not_said_twice(capture: Make) -> None:
    body = b"event: a\nid: 1\ndata: x\n\n: hi\n\ndata: y\n\ndata:z\n\n"
    _, _, first, comment, second, third, _ = lines(capture([(1.0, body)]))
    assert "raw" not in first
    assert "raw" not in comment
    assert "raw" not in second
    assert third["raw"] == "data:z\n\n"
    assert ["joined" in line for line in (first, comment, second, third)] == [False] + [True] * 3


def test_damage_is_bytes_chunk_by_chunk(capture: Make) -> None:
    good = kinds.frame("chunk", b"{}")
    damaged = capture([(1.0, good), (2.0, b"x" * 20), (3.0, b"y")], headers=kinds.AWS)
    found = lines(damaged)[2:-1]
    assert [(line["kind"], line["t"], line["data"]) for line in found] == [
        ("event", 1.0, "{}"), ("bytes", 2.0, "x" * 20), ("bytes", 3.0, "y"),
    ]  # fmt: skip


def test_an_element_of_an_array_has_the_comma_before_it(capture: Make) -> None:
    array = capture([(1.0, b'[{"a":1}\n,{"a":2}]')], headers=kinds.JSON)
    found = lines(array)
    assert found[1]["framing"] == "JSON array"
    assert [line.get("raw") for line in found[2:4]] == [None, '\n,{"a":2}']
    assert (found[4]["kind"], found[4]["data"]) == ("bytes", "]")
