from ssetape.format.values import Message
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.showing.selected import data_of, event_of


def test_of_each_kind_of_item_there_is_a_type_and_data() -> None:
    event, comment = StreamMessage(1.0, 1.0, "delta", "x"), TimedComment(1.0, " c", 0)
    text, binary = Message(1.0, True, True, b"hi"), Message(1.0, True, False, b"\xff\x00")
    found = [(event_of(each), data_of(each)) for each in (event, comment, text, binary)]
    assert found == [("delta", "x"), (None, " c"), ("text", "hi"), ("binary", "ff 00")]
