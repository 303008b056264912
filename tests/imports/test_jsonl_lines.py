from typing import Any

import pytest

from ssetape.editing.body import Kind
from ssetape.editing.encoder import Fields
from ssetape.errors import LineError
from ssetape.format.values import Message
from ssetape.imports._jsonl_lines import Line, lines


def test_lines_have_the_numbers_that_they_have_in_the_file() -> None:
    found = list(lines(b'\xef\xbb\xbf{"a":1}\r\n\n[]\n{\n{"b":2}'))
    assert [each.number for each in found] == [1, 3, 4, 5]
    assert [isinstance(each, Line) for each in found] == [True, False, False, True]


def test_a_line_of_a_body() -> None:
    line = Line(3, {"kind": "event", "t": 1, "data": "a", "raw_base64": "/w==", "pieces": [[-1, 2]],
                    "joined": True, "masked": [[0, 1, "key"], 5, [1, 0]], "id": None})  # fmt: skip
    found = line.of_body("message")
    assert (found.number, found.kind, found.t_s) == (3, Kind.MESSAGE, 1.0)
    assert found.fields == Fields("message", "a", "", None)
    assert (found.raw, found.is_joined, found.has_id) == (b"\xff", True, True)
    assert (found.pieces, found.masked) == ([(-1.0, 2)], [[0, 1, "key"]])
    assert Line(1, {"data": "a"}).of_body("").has_id is False
    assert Line(1, {"kind": "bytes", "base64": "/w=="}).of_body("").raw == b"\xff"
    assert Line(1, {"kind": "comment", "data": "x"}).of_body("").text == "x"


def test_a_message_of_a_websocket() -> None:
    line = Line(1, {"data": "a", "direction": "out", "dropped": True})
    assert line.message(2.0) == Message(2.0, True, True, b"a", True, False)
    text = Line(1, {"base64": "/w==", "event": "text", "t": 3.0})
    assert text.message(2.0) == Message(3.0, False, True, b"\xff")
    assert text.message(4.0).t_s == 4.0


@pytest.mark.parametrize(
    "fields", [{}, {"data": "a", "event": "x"}, {"data": "a", "direction": "up"},
               {"base64": "x"}],
)  # fmt: skip
def test_a_wrong_message_is_named(fields: dict[str, Any]) -> None:
    with pytest.raises(LineError, match="line 7: "):
        Line(7, fields).message(2.0)


@pytest.mark.parametrize("value", ["x", 1e300, True, [1]])
def test_a_wrong_time_is_named(value: Any) -> None:
    with pytest.raises(LineError, match="line 7: `t`: expected seconds"):
        _ = Line(7, {"t": value}).t_s
