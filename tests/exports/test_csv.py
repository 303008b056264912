import csv as standard_csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.exports import csv

Write = Callable[..., Path]


def test_a_row_an_event_as_other_readers_read_it(
    capture_file: Write, written: Callable[..., Any], socket: Capture
) -> None:
    body = b'event: x\ndata: a,"b"\ndata: c\0\n\n'
    text, problem = written(csv, Capture(capture_file([(1, body)]), name="c"), socket)
    rows = list(standard_csv.DictReader(io.StringIO(text.decode(), newline="")))
    assert problem == ""
    assert rows[0] == {
        "capture": "c", "seq": "0", "t_s": "1.0", "t_first_s": "1.0", "gap_s": "", "kind": "event",
        "direction": "in", "event": "x", "id": "", "data": 'a,"b"\nc\ufffd', "said": "",
    }  # fmt: skip
    assert [row["data"] for row in rows[1:]] == ["hi", "café", "00ff"]


def test_damage_is_told(capture_file: Write, written: Callable[..., Any]) -> None:
    path = capture_file([(1, b"data: a\n\n")], end=None, tail=b"{}\n")
    assert "expected a record" in written(csv, Capture(path))[1]
