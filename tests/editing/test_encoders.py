import kinds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.editing.encoder import Fields
from ssetape.editing.encoders import encoder_for, framing_names
from ssetape.format.values import Chunk
from ssetape.messages import framing as framings


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
