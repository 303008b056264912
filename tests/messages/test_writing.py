import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.messages.writing import event, event_crlf, line
from ssetape.sse import EventStreamParser

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))
data = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_message_is_an_event_with_its_type_first() -> None:
    assert event("", b"x") == b"data: x\n\n"
    assert event("delta", b"x") == b"event: delta\ndata: x\n\n"
    assert event("", b"") == b"data: \n\n"
    assert event_crlf("delta", b"a\nb") == b"event: delta\r\ndata: a\r\ndata: b\r\n\r\n"


@pytest.mark.parametrize("write", [event, event_crlf])
@given(name=names, text=data)
def test_what_is_written_is_read(write: object, name: str, text: str) -> None:
    (found,) = EventStreamParser().feed(write(name, text.encode()))  # type: ignore[operator]
    assert found.event == (name or "message")
    assert found.data == text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_message_is_a_line() -> None:
    assert line("", b'{"a":1}') == b'{"a":1}\n'
