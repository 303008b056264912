from typing import Any

import pytest

from ssetape.errors import LineError
from ssetape.imports._exchange import Given
from ssetape.imports._jsonl_exchange import imported
from ssetape.imports._jsonl_group import Group
from ssetape.imports._jsonl_lines import Line


def made(*fields: dict[str, Any], **given: Any) -> Any:
    group = Group()
    for number, each in enumerate(fields, 1):
        group.add(Line(number, each))
    assert group.wrong is None
    return imported(group, "a.jsonl", Given(**given))


@pytest.mark.parametrize(
    ("line", "content_type"),
    [
        ({"data": "a"}, "text/event-stream"),
        ({"kind": "comment", "data": "a"}, "text/event-stream"),
        ({"kind": "line", "data": "{}"}, "application/x-ndjson"),
    ],
)
def test_without_a_head_the_lines_say_what_it_is(line: Any, content_type: str) -> None:
    found = made(line)
    assert (found.response.status, found.response.headers) == (
        200,
        [("content-type", content_type)],
    )
    assert (found.end.reason, found.edited) == ("complete", {})
    own = made({"data": "a"}, content_type="text/plain; x")
    assert own.response.headers == [("content-type", "text/plain; x")]


def test_without_a_head_messages_are_of_a_websocket() -> None:
    found = made({"kind": "message", "data": "a"})
    assert (found.kind, found.response.status) == ("websocket", 101)


def test_null_is_nothing_and_not_what_is_usual() -> None:
    found = made({"kind": "head", "head": None}, {"kind": "end", "end": None})
    assert (found.response, found.end) == (None, None)


def test_a_capture_that_was_imported_says_still_what_its_source_had() -> None:
    exchange = {
        "id": "7", "recorder": "r", "imported": {"times": "none", "bytes": "rebuilt"},
        "run": {"id": "1"}, "tapped": {"browser": "b"}, "started": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    request = {"method": "GET", "url": "http://a.test/"}
    lines = [
        {"kind": "request", "request": request, "capture": "x/y", "exchange": exchange},
        {"data": "a"},
        {"kind": "end", "end": {"reason": "complete"}, "sha256": ""},
    ]
    edited = made(*lines)
    assert (edited.times, edited.bytes) == ("edited", "edited")
    assert edited.edited == {
        "from": "y", "id": "7", "recorder": "r", "changes": ["lines of a.jsonl"],
    }  # fmt: skip
    assert (edited.run, edited.tapped) == ({"id": "1"}, {"browser": "b"})
    assert edited.started_ns == 1767225600 * 10**9


def test_of_edited_lines_it_is_not_said_what_a_client_got() -> None:
    end = {
        "reason": "complete",
        "altered": True,
        "faults": ["stall"],
        "client": {},
        "guessed": True,
    }
    found = made({"data": "a"}, {"kind": "end", "end": end, "sha256": ""})
    assert found.end_details.get("guessed") is True
    assert not {"altered", "faults", "client"} & set(found.end_details)


def test_errors_of_the_format_have_the_number_of_the_line() -> None:
    with pytest.raises(LineError, match=r"line 2: head\.headers: expected a list of pairs"):
        made({"data": "a"}, {"kind": "head", "head": {"status": 200, "headers": 5}})


@pytest.mark.parametrize(
    ("kind", "media_type"), [("event", "text/event-stream"), ("line", "application/x-ndjson")]
)
def test_a_head_need_not_say_how_the_body_is_framed(kind: str, media_type: str) -> None:
    head = {"status": 200, "headers": [["content-type", media_type]]}
    found = made({"kind": "head", "head": head}, {"kind": kind, "data": "{}"})
    (chunk,) = found.chunks
    assert chunk.data == (b"data: {}\n\n" if kind == "event" else b"{}\n")
