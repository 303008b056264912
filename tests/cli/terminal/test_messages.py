import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ssetape.capture import Capture
from ssetape.cli.terminal.messages import data_of, fields, items_of
from ssetape.errors import FramingError
from ssetape.format.values import Message
from ssetape.messages.reading import messages_of

Write = Callable[..., Path]


def test_what_is_worth_a_word_is_told(capture_file: Write) -> None:
    told: list[str] = []
    list(items_of(Capture(capture_file([(1, b"data: a\n\ndata: torn")])), told.append))
    assert told[0].startswith("the stream ends within an event, which starts at byte 9")
    headers = [("content-type", "application/vnd.amazon.eventstream")]
    with pytest.raises(FramingError, match="expected an AWS event-stream frame"):
        list(items_of(Capture(capture_file([(1, b"no frame at all")], headers=headers))))
    html = [("content-type", "text/html")]
    list(items_of(Capture(capture_file([(1, b"<p>")], headers=html)), told.append))
    assert told[1].startswith("the body has no messages")


def test_text_that_is_not_utf_8_is_shown_as_bytes() -> None:
    message = Message(1.0, True, True, b"\xff")
    assert data_of(message) == "ff"
    assert fields(message, "", None)["base64"] == "/w=="


# --- all who show messages show the same -----------------------------------------------------

BODIES = [
    ("text/event-stream", b": c\ndata: a\n\nid: 1\r\ndata: b\r\n\r\ndata: cut", ["a", "b"]),
    ("text/plain", b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    ("application/x-ndjson", b'{"a":1}\r\n\n{"a":2}', ['{"a":1}', '{"a":2}']),
    ("application/json", b'{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']),
    ("application/json", b'{\n"a":1\n}\n', ['{\n"a":1\n}']),
    ("application/json", b'[{"a":"]"}\n,\r\n[2]]', ['{"a":"]"}', "[2]"]),
    ("text/plain", b'0:"a"\ne:{}\n', ['0:"a"', "e:{}"]),
    ("text/html", b"<p>data: a\n\n</p>", []),
]


@pytest.mark.parametrize(("content_type", "body", "data"), BODIES)
def test_every_verb_has_the_same_messages(
    content_type: str,
    body: bytes,
    data: list[str],
    capture_file: Write,
    invoke: Callable[..., Result],
) -> None:
    path = capture_file(
        [(0.5, body[:20]), (1.0, body[20:])], headers=[("content-type", content_type)]
    )
    assert [message.data for message in messages_of(Capture(path))] == data
    assert Capture(path).measure().events == len(data)

    def lines(*words: object) -> list[dict[str, Any]]:
        return [json.loads(line) for line in invoke(*words).stdout.splitlines()]

    shown = lines("show", "--json", path)
    assert [line["data"] for line in shown] == data
    assert lines("tail", "--json", path) == shown
    assert lines("tail", "-f", "--json", path) == shown
    (counted,) = lines("query", "--json", "select events, first_event_s from exchanges", path)
    assert counted["events"] == len(data)
    assert counted["first_event_s"] == (shown[0]["t"] if shown else None)
    rows = lines("query", "--json", "select t_s, data from events order by seq", path)
    assert [(row["t_s"], row["data"]) for row in rows] == [(s["t"], s["data"]) for s in shown]


def test_what_is_followed_is_printed_as_what_is_shown(
    capture_file: Write, invoke: Callable[..., Result]
) -> None:
    body = b": hi\nid: 7\nretry: 5\nevent: e\ndata: a\n\n: between\ndata: b\n\n"
    path = capture_file([(0.5, body)])
    shown = invoke("show", path)
    for words in (["tail", path], ["tail", "-f", path]):
        told = invoke(*words)
        assert (told.stdout, told.stderr) == (shown.stdout, shown.stderr)
    assert ": hi" in shown.stdout
    assert "e #7 retry=5" in shown.stdout
