from collections.abc import Callable
from pathlib import Path

from ssetape.capture import Capture
from ssetape.exports._events import rows_of

Write = Callable[..., Path]


def test_events_with_their_ids_and_gaps(capture_file: Write) -> None:
    path = capture_file([(1, b"id: 7\ndata: a\n\nevent: x\nda"), (2.5, b"ta: b\n\n")])
    problems: list[str] = []
    assert list(rows_of(Capture(path, name="c"), problems)) == [
        (0, 1, 1, None, "event", "in", "message", "7", "a", None),
        (1, 2.5, 1, 1.5, "event", "in", "x", "7", "b", None),
    ]
    assert problems == []


def test_lines_and_messages(capture_file: Write, socket: Capture) -> None:
    path = capture_file([(1, b'{"a":1}\n')], headers=[("content-type", "application/x-ndjson")])
    [row] = rows_of(Capture(path, name="c"), [])
    assert row[4:] == ("line", "in", None, None, '{"a":1}', None)
    assert [row[1:] for row in rows_of(socket, [])] == [
        (0.2, None, None, "message", "out", "text", None, "hi", None),
        (0.5, None, 0.3, "message", "in", "text", None, "café", None),
        (0.75, None, 0.25, "message", "in", "binary", None, None, b"\x00\xff"),
    ]


def test_damage_is_told_behind_what_is_good(capture_file: Write) -> None:
    problems: list[str] = []
    torn = Capture(capture_file([(1, b"data: a\n\n")], end=None, tail=b"[2"), name="torn")
    broken = Capture(capture_file([(1, b"data: a\n\n")], end=None, tail=b"{}\n"), name="broken")
    assert len([*rows_of(torn, problems), *rows_of(broken, problems)]) == 2
    assert problems[0].startswith("torn: line 4 is torn")
    assert problems[1].startswith("broken, line 4: expected a record")
