"""Events and comments as values."""

from ssetape import sse
from ssetape.events import Comment, Event


def test_the_parser_gives_these_very_types() -> None:
    assert (sse.Event, sse.Comment) == (Event, Comment)
    comments: list[Comment] = []
    (event,) = sse.EventStreamParser(comments=comments).feed(b": hi\ndata: x\n\n")
    assert type(event) is Event
    assert type(comments[0]) is Comment


def test_equal_events_are_equal_and_have_their_fields_by_name() -> None:
    event = Event(event="message", data="x", id="", retry_ms=None, start=0, end=9)
    assert event == sse.EventStreamParser().feed(b"data: x\n\n")[0]
    assert event._fields == ("event", "data", "id", "retry_ms", "start", "end")
    assert Comment(" hi", 0, 5)._fields == ("text", "start", "end")
