from ssetape.format.values import Message
from ssetape.meaning.phrases import Phrase, Sort
from ssetape.meaning.sayings import Saying
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.tables.event_rows import EventRow, event_rows


def test_messages_of_a_stream_are_numbered_and_have_gaps() -> None:
    first = StreamMessage(1.0, 0.5, "x", "\u00e9", "7")
    second = StreamMessage(2.5, 2.5, "", '{"a": 1}')
    assert list(event_rows(map(Saying, [first, second]))) == [
        EventRow(0, 1.0, 0.5, None, "event", "in", "x", "7", "\u00e9", None, 2, None),
        EventRow(1, 2.5, 2.5, 1.5, "line", "in", None, None, '{"a": 1}', None, 8, None),
    ]


def test_messages_of_a_websocket_have_a_direction_and_a_type() -> None:
    text = Message(0.1, from_client=True, is_text=True, data="\u00e9".encode())
    binary = Message(0.4, from_client=False, is_text=False, data=b"abc")
    damaged = Message(0.4, from_client=False, is_text=True, data=b"\xff")
    assert list(event_rows(map(Saying, [text, binary, damaged]))) == [
        EventRow(0, 0.1, None, None, "message", "out", "text", None, "\u00e9", None, 2, None),
        EventRow(1, 0.4, None, 0.3, "message", "in", "binary", None, None, b"abc", 3, None),
        EventRow(2, 0.4, None, 0.0, "message", "in", "text", None, None, b"\xff", 1, None),
    ]


def test_what_a_message_said_is_in_its_row_and_comments_have_none() -> None:
    phrases = [Phrase(Sort.TEXT, '"a\ud83d"'), Phrase(Sort.NOTE, "stop")]
    message = StreamMessage(1.0, 1.0, "x", "d")
    sayings = [Saying(TimedComment(0.5, "c", 0)), Saying(message, phrases), Saying(message, [])]
    rows = list(event_rows(sayings))
    assert [(row.seq, row.gap_s, row.said) for row in rows] == [
        (0, None, '"a?", stop'),
        (1, 0.0, ""),
    ]
