import pytest

from ssetape.errors import SourceError
from ssetape.format.values import Chunk
from ssetape.imports._har_events import cut, rebuilt, socket_messages, times_of

SENT_S = 1795599012.0
EVENTS = [
    {"time": SENT_S + 0.5, "eventName": "message", "eventId": "1", "data": "one"},
    {"time": SENT_S + 1, "eventName": "note", "eventId": "1", "data": "two\nlines"},
]
BODY = b"id: 1\ndata: one\n\nevent: note\ndata: two\ndata: lines\n\n"


def test_times_count_from_the_request_in_every_unit() -> None:
    for factor in (1, 1e3, 1e6, 1e9):
        listed = [{"time": (SENT_S + 0.5) * factor}]
        assert times_of(listed, SENT_S, "x") == [pytest.approx(0.5, abs=1e-5)]
    assert times_of([{"time": SENT_S + 2}, {"time": SENT_S + 1}], SENT_S, "x") == [2.0, 2.0]


def test_times_may_be_unknown() -> None:
    assert times_of(EVENTS, None, "x") is None
    assert times_of([{}], SENT_S, "x") is None


def test_a_stream_is_written_again_or_cut_at_its_events() -> None:
    chunks = rebuilt(EVENTS, [0.5, 1.0], "x")
    assert b"".join(chunk.data for chunk in chunks) == BODY
    assert cut(BODY + b": end\n", EVENTS, [0.5, 1.0], 2.0, "x") == [
        *chunks,
        Chunk(2.0, b": end\n"),
    ]


def test_events_that_are_not_those_of_the_body_cut_nothing() -> None:
    assert cut(BODY, EVENTS[:1], [0.5], 2.0, "x") is None
    assert cut(BODY, EVENTS, None, 2.0, "x") is None


def test_messages_are_text_unless_they_say_otherwise() -> None:
    listed = [
        {"type": "send", "opcode": 1, "data": "é"},
        {"type": "receive", "data": "x"},
        {"type": "receive", "opcode": 2, "data": "AP8="},
        {"type": "receive", "opcode": 9, "data": "ping"},
        {"type": "error", "data": "broken"},
    ]
    messages, error = socket_messages(listed, None, "x")
    assert error == "broken"
    assert [(m.from_client, m.is_text, m.data) for m in messages] == [
        (True, True, b"\xc3\xa9"),
        (False, True, b"x"),
        (False, False, b"\0\xff"),
    ]


def test_what_is_not_as_expected_is_said_with_its_place() -> None:
    with pytest.raises(SourceError, match=r"x\[0\]"):
        socket_messages([5], None, "x")
