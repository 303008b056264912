import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.editing.encoder import Fields
from ssetape.editing.event_encoder import EventEncoder
from ssetape.format.values import Chunk
from ssetape.messages.events import Events

TEXT = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=20)
NAMES = TEXT.filter(lambda text: "\n" not in text and not text.startswith(" "))
MESSAGES = st.lists(
    st.builds(
        Fields,
        NAMES.map(lambda text: text or "message"),
        TEXT,
        NAMES,
        st.none() | st.integers(0, 10**6),
    ),
    max_size=6,
)


@given(messages=MESSAGES)
def test_events_are_read_as_they_were_said(messages: list[Fields]) -> None:
    encoder = EventEncoder()
    body = b""
    for fields in messages:
        raw = encoder.encode(fields)
        assert encoder.says(raw, fields)
        encoder.add(raw)
        body += raw
    found = [Fields.of(item) for item in Events([]).feed(Chunk(0.0, body))]  # type: ignore[arg-type]
    assert found == messages


def test_only_what_is_new_is_said_of_an_event() -> None:
    encoder = EventEncoder()
    first = encoder.encode(Fields("note", "a\nb", "7", 5))
    assert first == b"event: note\nid: 7\nretry: 5\ndata: a\ndata: b\n\n"
    encoder.add(first)
    assert encoder.event_id == "7"
    assert encoder.encode(Fields("message", "", "7")) == b"data: \n\n"
    assert encoder.encode(Fields("message", "c", "")) == b"id: \ndata: c\n\n"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_an_event_with_other_data_keeps_its_other_lines(newline: bytes) -> None:
    like = newline.join([b"data:a", b": hi", b"id: 1", b"data:b", b"retry: 5", b"", b""])
    changed = EventEncoder().encode(Fields("message", "x\ny", "1", 5), like)
    lines = [b"data:x", b"data:y", b": hi", b"id: 1", b"retry: 5", b"", b""]
    assert changed == newline.join(lines)
    # With another id, too, all of it is written anew.
    anew = EventEncoder().encode(Fields("message", "x", "2"), like)
    assert anew == newline.join([b"id: 2", b"data: x", b"", b""])


@pytest.mark.parametrize(
    "raw", [b"data: a\n\ndata: b\n\n", b"data: a\n", b"data: a\n\nid: 1\n", b""]
)
def test_what_is_not_exactly_one_event_does_not_say_it(raw: bytes) -> None:
    assert not EventEncoder().says(raw, Fields("message", "a"))
    assert EventEncoder().says(b"data: a\n\n", Fields("message", "a"))


def test_a_mark_inside_a_stream_is_no_byte_order_mark() -> None:
    raw = "\N{BOM}x\ndata: a\n\n".encode()
    assert EventEncoder().says(raw, Fields("message", "a"))
    assert not EventEncoder().says("\N{BOM}data: a\n\n".encode(), Fields("message", "a"))
