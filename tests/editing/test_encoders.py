import kinds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.editing.encoders import Fields, encoder_for, framing_names
from ssetape.format.values import Chunk
from ssetape.messages import framing as framings
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
    encoder = encoder_for("events")
    body = b""
    for fields in messages:
        raw = encoder.encode(fields)
        assert encoder.says(raw, fields)
        encoder.add(raw)
        body += raw
    found = [Fields.of(item) for item in Events([]).feed(Chunk(0.0, body))]  # type: ignore[arg-type]
    assert found == messages


@given(
    names=st.sampled_from(framing_names()),
    data=st.lists(st.sampled_from(['{"a":1}', "[1, 2]", '{"b":"é"}']), min_size=1, max_size=5),
)
def test_what_is_encoded_is_read_in_every_framing(names: str, data: list[str]) -> None:
    encoder = encoder_for(names)
    name = "message" if names == "events" else ""
    body = b""
    for each in data:
        raw = encoder.encode(Fields(name, each))
        assert encoder.says(raw, Fields(name, each))
        assert not encoder.says(raw, Fields(name, each + "x"))
        encoder.add(raw)
        body += raw
    body += b"]" * (names == "JSON array")
    items = encoder.framing.framer([]).feed(Chunk(0.0, body))
    assert [item.data for item in items] == data  # type: ignore[union-attr]


def test_only_what_is_new_is_said_of_an_event() -> None:
    encoder = encoder_for(None)
    first = encoder.encode(Fields("note", "a\nb", "7", 5))
    assert first == b"event: note\nid: 7\nretry: 5\ndata: a\ndata: b\n\n"
    encoder.add(first)
    assert encoder.event_id == "7"
    assert encoder.encode(Fields("message", "", "7")) == b"data: \n\n"
    assert encoder.encode(Fields("message", "c", "")) == b"id: \ndata: c\n\n"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_an_event_with_other_data_keeps_its_other_lines(newline: bytes) -> None:
    like = newline.join([b"data:a", b": hi", b"id: 1", b"data:b", b"retry: 5", b"", b""])
    changed = encoder_for(None).encode(Fields("message", "x\ny", "1", 5), like)
    lines = [b"data:x", b"data:y", b": hi", b"id: 1", b"retry: 5", b"", b""]
    assert changed == newline.join(lines)
    # With another id, too, all of it is written anew.
    anew = encoder_for(None).encode(Fields("message", "x", "2"), like)
    assert anew == newline.join([b"id: 2", b"data: x", b"", b""])


@pytest.mark.parametrize(
    "raw", [b"data: a\n\ndata: b\n\n", b"data: a\n", b"data: a\n\nid: 1\n", b""]
)
def test_what_is_not_exactly_one_event_does_not_say_it(raw: bytes) -> None:
    assert not encoder_for(None).says(raw, Fields("message", "a"))
    assert encoder_for(None).says(b"data: a\n\n", Fields("message", "a"))


def test_a_mark_inside_a_stream_is_no_byte_order_mark() -> None:
    raw = "\N{BOM}x\ndata: a\n\n".encode()
    assert encoder_for(None).says(raw, Fields("message", "a"))
    assert not encoder_for(None).says("\N{BOM}data: a\n\n".encode(), Fields("message", "a"))


def test_a_line_without_its_end_gets_it_before_the_next() -> None:
    encoder = encoder_for(framings.LINES.name)
    encoder.add(b"{}")
    assert encoder.gap == b"\n"
    encoder.add(b"{}\r\n")
    assert encoder.gap == b""
    assert encoder.encode(Fields("", "1"), b"2\r\n") == b"1\r\n"


def test_a_frame_keeps_its_headers_if_its_name_stays() -> None:
    like = kinds.frame("boom", b"{}", "exception")
    encoder = encoder_for(framings.AWS.name)
    assert encoder.encode(Fields("boom", "[]"), like) == kinds.frame("boom", b"[]", "exception")
    other = encoder.encode(Fields("bang", "[]"), like)
    (item,) = framings.AWS.framer([]).feed(Chunk(0.0, other))
    assert (item.name, item.data, item.is_error) == ("bang", "[]", False)  # type: ignore[union-attr]
    assert b":content-type" in other
    assert encoder.encode(Fields("bang", "[]"), b"no frame at all") == other


def test_there_are_no_other_framings() -> None:
    with pytest.raises(KeyError):
        encoder_for("x")
