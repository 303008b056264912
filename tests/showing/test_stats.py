from collections.abc import Callable
from pathlib import Path

from ssetape.capture import Capture
from ssetape.measures.measure import measure
from ssetape.measures.measurement import Measurement
from ssetape.showing import stats

Write = Callable[..., Path]

CHUNKS = [
    (1.0, b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"12345678"}}]}\n\n'),
    (1.5, b'data: {"choices":[{"index":0,"delta":{"content":"1234\\u001b[31m"}}]}\n\n'),
    (3.5, b'event: x\xc2\x9b\ndata: {"error":{"message":"too \\u001b[2J many"}}\n\n'),
]


def measured(path: Path) -> Measurement:
    return measure(Capture(path))


def test_only_what_a_server_said_may_be_cut(capture_file: Write) -> None:
    found = measured(capture_file(CHUNKS))
    whole = list(stats.lines(found))
    cut = list(stats.lines(found, lambda line: line[:9]))
    shorter = [line for line, other in zip(whole, cut, strict=True) if line != other]
    assert [line[:5] for line in shorter] == ["error", "stall", "stall"]


def test_no_terminal_obeys_a_line(capture_file: Write) -> None:
    lines = list(stats.lines(measured(capture_file(CHUNKS))))
    assert "error in the stream: too \\x1b[2J many" in lines
    assert all(line.isprintable() for line in lines)


def test_a_stream_that_goes_on_is_not_called_interrupted(capture_file: Write) -> None:
    path = capture_file(CHUNKS, end=None)
    end = "end of transport           -             "
    assert f"{end}recording was interrupted" in list(stats.lines(measured(path)))
    assert f"{end}goes on" in list(stats.lines(measured(path), without_end="goes on"))


def test_it_is_said_where_the_client_got_other_bytes(capture_file: Write) -> None:
    end = b"""[4,"end",{"reason":"complete","altered":true,"faults":["slow factor=2.0"],"client":\
{"t":8.0,"reason":"complete","bytes":99,"events":3}}]\n"""
    found = measured(capture_file(CHUNKS, end=None, tail=end))
    words = "the client got events: 3, bytes: 99, and complete at 8.000 s, with the faults slow"
    assert f"{words} factor=2.0" in list(stats.lines(found))
    fields = stats.fields(found)
    assert (fields["end"], fields["altered"]) == ("complete", True)
    assert fields["faults"] == ["slow factor=2.0"]
    unharmed = measured(capture_file(CHUNKS))
    assert not [line for line in stats.lines(unharmed) if "client" in line]
    assert stats.fields(unharmed)["altered"] is False


def test_several_make_two_tables(capture_file: Write) -> None:
    made = [measured(capture_file(CHUNKS)), measured(capture_file())]
    headings, rows, numbers = stats.of_each(made)
    assert numbers == headings[:-1]
    assert [len(row) for row in rows] == [len(headings)] * 2
    assert rows[0][1] == "1.000"
    assert [rows[0][-2][0], rows[1][-2]] == ["~", "-"]
    assert stats.heading_of_all(made) == "all 2, in seconds"
    headings, rows, numbers = stats.of_all(made)
    assert ("first text", "1", *["1.000"] * 5) in rows
    assert stats.remark_on_all(made) == "~ estimated: 4 characters per token"
    assert stats.remark_on_all(made[1:]) is None
