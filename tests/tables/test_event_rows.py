from ssetape.format.values import Message
from ssetape.messages.message import StreamMessage
from ssetape.tables.event_rows import EventRow, event_rows


def test_messages_of_a_stream_are_numbered_and_have_gaps() -> None:
    first = StreamMessage(1.0, 0.5, "x", "\u00e9", "7")
    second = StreamMessage(2.5, 2.5, "", '{"a": 1}')
    assert list(event_rows([first, second])) == [
        EventRow(0, 1.0, 0.5, None, "event", "in", "x", "7", "\u00e9", None),
        EventRow(1, 2.5, 2.5, 1.5, "line", "in", None, None, '{"a": 1}', None),
    ]
    assert [row.size_bytes for row in event_rows([first, second])] == [2, 8]


def test_messages_of_a_websocket_have_a_direction_and_a_type() -> None:
    text = Message(0.1, from_client=True, is_text=True, data="\u00e9".encode())
    binary = Message(0.4, from_client=False, is_text=False, data=b"abc")
    damaged = Message(0.4, from_client=False, is_text=True, data=b"\xff")
    assert list(event_rows([text, binary, damaged])) == [
        EventRow(0, 0.1, None, None, "message", "out", "text", None, "\u00e9", None),
        EventRow(1, 0.4, None, 0.3, "message", "in", "binary", None, None, b"abc"),
        EventRow(2, 0.4, None, 0.0, "message", "in", "text", None, None, b"\xff"),
    ]
    assert [row.size_bytes for row in event_rows([text, binary, damaged])] == [2, 3, 1]
