"""Rows of captures."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.format import reader
from ssetape.tables.columns import EVENTS, EXCHANGES
from ssetape.tables.rows import Exchange, plain
from ssetape.tables.said import Said

Open = Callable[..., Capture]
Write = Callable[..., Path]
NAMES = [column.name for column in EXCHANGES]
CHUNKS = [(0.5, b"data: a\n\n"), (0.75, b"id: 7\nevent: x\nda"), (1.0, b"ta: \xc3\xa9\n\n")]


def row_of(capture: Capture) -> dict[str, Any]:
    return dict(zip(NAMES, Exchange(capture).row(NAMES), strict=True))


def events_of(capture: Capture) -> list[dict[str, Any]]:
    names = [column.name for column in EVENTS]
    return [
        dict(zip(names, row, strict=True)) for row in Exchange(capture).event_rows(with_said=True)
    ]


def test_an_exchange_is_a_row(capture: Open) -> None:
    opened = capture(
        CHUNKS, url="https://u:p@API.test:8443/v1/chat?x=1", method="POST", body=b"{}", head_s=0.25
    )
    assert row_of(opened) == {
        "capture": opened.name,
        "id": "x",
        "kind": "http",
        "started": datetime(2026, 11, 23, 9, 30, 12, 123456, UTC),
        "host": "api.test:8443",
        "method": "POST",
        "url": "https://u:p@API.test:8443/v1/chat?x=1",
        "path": "/v1/chat",
        "status": 200,
        "http_version": "HTTP/1.1",
        "content_type": "text/event-stream",
        "request_bytes": 2,
        "chunks": 3,
        "bytes": 34,
        "events": 2,
        "duration_s": 1.0,
        "head_s": 0.25,
        "first_byte_s": 0.5,
        "first_event_s": 0.5,
        "ended": "complete",
        "complete": True,
        **Said("plain-text", None, 0.5, 0.5, 1, False, None, "a")._asdict(),
        "date": date(2026, 11, 23),
    }


def test_an_event_is_a_row(capture: Open) -> None:
    opened = capture(CHUNKS)
    day = date(2026, 11, 23)
    same = {"capture": opened.name, "exchange_id": "x", "kind": "event", "direction": "in"}
    same |= {"data_binary": None, "date": day}
    first, second = events_of(opened)
    assert first == same | {
        "seq": 0,
        "t_s": 0.5,
        "t_first_s": 0.5,
        "gap_s": None,
        "event": "message",
        "id": None,
        "data": "a",
        "size_bytes": 1,
        "said": '"a"',
    }
    assert second == same | {
        "seq": 1,
        "t_s": 1.0,
        "t_first_s": 0.75,
        "gap_s": 0.5,
        "event": "x",
        "id": "7",
        "data": "é",
        "size_bytes": 2,
        "said": "",
    }


def test_messages_are_rows_of_both_directions(capture_file: Write, raw_capture: Any) -> None:
    raw = raw_capture(kind="websocket", end=None)
    raw += b'[0.1, ">", "hi"]\n[0.3, "<b", "AP8="]\n'
    raw += b'[0.4, "<b", "/w==", {"type": "text"}]\n[0.4, "end", {"reason": "complete"}]\n'
    opened = Capture(capture_file(raw))
    rows = events_of(opened)
    assert [(row["kind"], row["direction"], row["event"]) for row in rows] == [
        ("message", "out", "text"),
        ("message", "in", "binary"),
        ("message", "in", "text"),
    ]
    assert [(row["data"], row["data_binary"], row["size_bytes"]) for row in rows] == [
        ("hi", None, 2),
        (None, b"\x00\xff", 2),
        (None, b"\xff", 1),
    ]
    assert [(row["t_s"], row["t_first_s"], row["gap_s"]) for row in rows] == [
        (0.1, None, None),
        (0.3, None, 0.2),
        (0.4, None, 0.1),
    ]
    row = row_of(opened)
    assert (row["chunks"], row["bytes"], row["events"], row["first_byte_s"]) == (3, 5, 3, 0.1)


def test_an_interrupted_capture_is_counted(capture: Open) -> None:
    row = row_of(capture(CHUNKS, end=None, tail=b'[2, "<", "tor'))
    assert (row["chunks"], row["bytes"], row["duration_s"]) == (3, 34, 1.0)
    assert (row["ended"], row["complete"]) == (None, False)


def test_without_a_response_there_are_nulls(capture: Open) -> None:
    row = row_of(capture(status=None, end="client_closed"))
    nulls = {"status", "http_version", "content_type", "head_s", "first_byte_s", "first_event_s"}
    assert {name for name, value in row.items() if value is None} == {
        *(*nulls, *Said._fields, "request_bytes")
    }
    assert (row["events"], row["duration_s"]) == (0, 0.0)


@pytest.mark.parametrize(
    ("label", "body", "data"),
    [
        ("application/x-ndjson", b'{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']),
        ("application/json", b'[{"a":1}\n,\r\n{"a":2}]', ['{"a":1}', '{"a":2}']),
        ("text/plain", b'{"a":1}\n', ['{"a":1}']),
        ("application/json", b'{\n "a": 1\n}\n', ['{\n "a": 1\n}']),
        ("text/html", b"<p>\n", []),
        ("text/css", b":root {}\ndata: a\n\n", []),
    ],
)
def test_there_are_as_many_rows_as_messages_are_shown(
    label: str, body: bytes, data: list[str], capture: Open
) -> None:
    opened = capture([(0.5, body[:9]), (1.0, body[9:])], headers=[("content-type", label)])
    rows = events_of(opened)
    assert [row["data"] for row in rows] == data == [message.data for message in opened.items()]
    assert {(row["kind"], row["event"], row["id"]) for row in rows} <= {("line", None, None)}
    row = row_of(opened)
    assert (row["events"], row["chunks"]) == (len(data), 2)
    assert row["first_event_s"] == (rows[0]["t_s"] if rows else None)


def test_an_event_stream_under_a_vague_label_has_events(capture: Open) -> None:
    opened = capture([(0.1, b"da"), (0.2, b"ta: a\n\n")], headers=[("content-type", "text/plain")])
    assert [row["data"] for row in events_of(opened)] == ["a"]


def test_events_of_an_encoded_body(capture: Open) -> None:
    headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]
    opened = capture([(0.1, gzip.compress(b"data: a\n\n"))], headers=headers)
    assert [row["data"] for row in events_of(opened)] == ["a"]


def test_what_is_before_damage_is_a_row(capture: Open) -> None:
    exchange = Exchange(capture(CHUNKS, end=None, tail=b"damage\n[9.0,"))
    values = dict(zip(NAMES, exchange.row(NAMES), strict=True))
    assert (values["chunks"], values["events"], values["ended"]) == (3, 2, None)
    assert len(exchange.problems) == 1
    assert "line 6: expected a record" in exchange.problems[0]


def test_a_body_that_does_not_decode_is_told_and_counted(capture: Open) -> None:
    headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]
    opened = capture([(0.1, b"no gzip"), (0.2, b"either")], headers=headers, end=None)
    exchange = Exchange(opened)
    assert exchange.row(["events", "chunks", "duration_s"]) == (0, 2, 0.2)
    assert len(exchange.problems) == 1
    assert exchange.problems[0].startswith(f"{opened.name}: ")


def test_a_head_that_is_none_is_told(capture_file: Write, raw_capture: Any) -> None:
    raw = raw_capture(status=None, end=None) + b'[0.1, "head", 5]\n[0.2, "<", "data: x\\n\\n"]\n'
    exchange = Exchange(Capture(capture_file(raw)))
    assert exchange.row(["status", "chunks", "events"]) == (None, 1, 1)
    assert "head.status: expected a number" in exchange.problems[0]


@pytest.mark.parametrize(
    ("started", "moment"),
    [
        ("2026-01-01T00:30:00+01:00", datetime(2025, 12, 31, 23, 30, tzinfo=UTC)),
        ("2026-01-01T00:30:00", datetime(2026, 1, 1, 0, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_the_moment_is_in_utc_or_null(started: str, moment: datetime | None, capture: Open) -> None:
    row = row_of(capture(started=started))
    assert row["started"] == moment
    assert row["date"] == (moment.date() if moment else None)


def test_odd_values_are_null(capture: Open, capture_file: Write, raw_capture: Any) -> None:
    row = row_of(capture(url="http://[::1/stream"))
    assert (row["host"], row["path"], row["url"]) == (None, None, "http://[::1/stream")
    assert row_of(capture(url="/stream"))["host"] is None
    raw = raw_capture(status=2**64 - 1, end=None)
    assert row_of(Capture(capture_file(raw)))["status"] is None


def test_no_more_is_read_than_is_asked_for(capture: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = Exchange(capture(CHUNKS, head_s=0.25))
    taken = []
    read_records = reader.read_records

    def counted(*arguments: Any) -> Any:
        for record in read_records(*arguments):
            taken.append(record[1])
            yield record

    monkeypatch.setattr(reader, "read_records", counted)
    assert exchange.row(["id", "url", "date", "ended", "chunks"]) == (
        *("x", "http://origin.test/stream", date(2026, 11, 23), "complete", 3),
    )
    assert taken == []
    assert exchange.row(["status", "first_byte_s"]) == (200, 0.5)
    assert taken == ["head", "head", "<"]


def test_the_row_after_the_events_does_not_read_them_again(
    capture: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Exchange(capture(CHUNKS))
    assert exchange.status == 200
    assert len(list(exchange.event_rows(with_said=True))) == 2
    monkeypatch.setattr(Capture, "records", None)
    assert exchange.row(["events", "first_byte_s", "first_event_s"]) == (2, 0.5, 0.5)


def test_a_name_that_is_not_utf_8_is_escaped() -> None:
    assert plain("caf\udce9.ssetape") == "caf\\udce9.ssetape"
    assert plain("café") == "café"
