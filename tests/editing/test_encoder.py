import pytest

from ssetape.editing.encoder import Fields
from ssetape.editing.encoders import encoder_for
from ssetape.messages.message import StreamMessage


def test_fields_are_those_of_a_message() -> None:
    message = StreamMessage(1.0, 0.5, "note", "a", "7", retry_ms=5)
    assert Fields.of(message) == Fields("note", "a", "7", 5)


@pytest.mark.parametrize("raw", [b"", b"1", b"1\n2\n", b"2\n"])
def test_bytes_say_a_message_if_they_are_it_and_nothing_more(raw: bytes) -> None:
    encoder = encoder_for("lines")
    assert encoder.says(raw, Fields("", "1")) == (raw == b"1")
    assert encoder.says(b"1\r\n", Fields("", "1"))
    assert not encoder.says(b"1\n", Fields("name", "1"))


def test_bytes_that_break_the_framing_say_nothing() -> None:
    assert not encoder_for("AWS event stream").says(b"x" * 20, Fields("", "x"))


def test_most_framings_have_no_ids_and_no_gaps() -> None:
    encoder = encoder_for("JSON documents")
    encoder.add(b"{}")
    assert (encoder.event_id, encoder.gap) == ("", b"")
