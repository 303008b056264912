import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.addon import units

SSE = [("Content-Type", "text/event-stream; charset=utf-8")]
LINES = [("content-type", "application/x-ndjson")]


def cut(headers: list[tuple[str, str]], *chunks: bytes) -> list[bytes]:
    """What comes out with each chunk, and the rest."""
    made = units.of(headers)
    assert made is not None
    return [b"|".join(made.feed(chunk)) for chunk in chunks] + [made.end()]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_goes_with_its_end_and_the_rest_waits(end: bytes) -> None:
    one, two = b"event: a" + end + b"data: 1" + end * 2, b"data: 2" + end * 2
    assert cut(SSE, one, two) == [one, two, b""]
    assert cut(SSE, one + two + b"data", b": 3") == [one + b"|" + two, b"", b"data: 3"]


def test_an_end_that_is_cut_within_goes_on_at_once() -> None:
    chunks = [b"data: 1\r\n\r", b"\n", b"data: 2\r", b"\n\r\n"]
    assert cut(SSE, *chunks) == [b"data: 1\r\n\r", b"\n", b"", b"data: 2\r\n\r\n", b""]
    assert cut(SSE, b"data: 1\r", b"\ndata: 2\r\n", b"\r\n")[:2] == [b"", b""]


def test_lines_go_one_by_one_also_where_they_are_labelled_as_events() -> None:
    assert cut(LINES, b'{"a":1}\n{"b"', b":2}\r\n") == [b'{"a":1}\n', b'{"b":2}\r\n', b""]
    assert cut(SSE, b"\n", b'{"a":1}\n') == [b"", b'\n|{"a":1}\n', b""]
    coded = [("Content-Type", "text/plain"), ("X-Vercel-AI-Data-Stream", "v1")]
    assert cut(coded, b'0:"a"\n') == [b'0:"a"\n', b""]


def test_what_is_not_made_of_events_or_lines_is_not_cut() -> None:
    for label in ("application/vnd.amazon.eventstream", "audio/mpeg", "text/html"):
        assert units.of([("content-type", label)]) is None


def test_a_unit_without_an_end_is_held_up_to_a_limit() -> None:
    made = units.Units()
    assert made.feed(b"data: " + b"x" * (units.HELD_LIMIT_BYTES - 10)) == []
    (early,) = made.feed(b"x" * 100)
    assert len(early) == units.HELD_LIMIT_BYTES + 96
    assert made.feed(b"y\n\n") == [b"y\n\n"]


@given(
    body=st.lists(
        st.sampled_from([b"data: 1", b":", b"\n", b"\r", b"\r\n", b"{", b"\xef\xbb\xbf", b"\n\n"])
    ).map(b"".join),
    sizes=st.lists(st.integers(1, 5), min_size=1),
    is_events=st.booleans(),
)
def test_cut_anywhere_the_units_are_the_body_and_end_where_events_do(
    body: bytes, sizes: list[int], is_events: bool
) -> None:
    made = units.Units(are_lines=not is_events)
    found: list[bytes] = []
    rest, turn = body, 0
    while rest:
        size = sizes[turn % len(sizes)]
        found += made.feed(rest[:size])
        rest, turn = rest[size:], turn + 1
    assert b"".join(found) + made.end() == body
    if is_events and not body.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"{"):
        for unit in found:
            assert unit == b"\n" or re.search(rb"(?:\r\n|\n|\r){2}\Z", unit)
