from dataclasses import replace

import pytest
from faulty import HEAD, LINES, cut_at, whole
from hypothesis import given
from hypothesis import strategies as st

from ssetape.messages.stretches import Stretch, joined, stretches
from ssetape.sse import EventStreamParser

BODY = b": hi\n\nid: 1\ndata: a\n\nretry: 9\n\ndata: b\ndata: c\n\n\n: end\ndata: left"
BODIES = [BODY, BODY.replace(b"\n", b"\r\n"), BODY.replace(b"\n", b"\r"), b"\xef\xbb\xbf" + BODY]
EDGES = st.lists(st.integers(1, 90), max_size=15)


def events(body: bytes, edges: list[int]) -> list[tuple[bytes, str]]:
    items = stretches(cut_at(body, edges), HEAD)
    return [(s.raw, s.data) for s in items if isinstance(s, Stretch) and s.data is not None]


@pytest.mark.parametrize("body", BODIES)
@given(edges=EDGES)
def test_what_is_taken_apart_and_joined_again_is_as_it_was(body: bytes, edges: list[int]) -> None:
    parts = cut_at(body, edges)
    assert list(joined(stretches(parts, HEAD))) == parts
    assert list(joined(stretches(parts, LINES))) == parts


@given(body=st.text("ab:\n\r d\0é\N{BOM}").map(str.encode), edges=EDGES)
def test_so_it_is_whatever_it_is(body: bytes, edges: list[int]) -> None:
    parts = cut_at(body, edges)
    assert list(joined(stretches(parts, HEAD))) == [p for p in parts if getattr(p, "data", 1)]
    found = [data for _, data in events(body, edges)]
    assert found == [event.data for event in EventStreamParser().feed(body)]


@pytest.mark.parametrize("body", BODIES)
@given(edges=EDGES)
def test_an_event_is_its_lines_and_the_blank_one(body: bytes, edges: list[int]) -> None:
    (first, one), (second, two) = events(body, edges)
    assert (one, two) == ("a", "b\nc")
    for raw, begins, ends in [(first, b"id: 1", b"a"), (second, b"data: b", b"c")]:
        assert raw.startswith(begins)
        assert raw.rstrip(b"\r\n").endswith(ends)
        assert len(EventStreamParser().feed(raw)) == 1
        # Two line ends, and nothing of a third.
        assert raw.removeprefix(raw.rstrip(b"\r\n")) in (b"\n\n", b"\r\n\r\n", b"\r\r")


@given(edges=EDGES)
def test_without_events_lines_are_the_events(edges: list[int]) -> None:
    body = b'{"a": 1}\n\n{"b": 2}\r\nrest'
    items = list(stretches(cut_at(body, edges), LINES))
    found = [(s.raw, s.data) for s in items if isinstance(s, Stretch)]
    lines = [(b'{"a": 1}\n', '{"a": 1}'), (b'{"b": 2}\r\n', '{"b": 2}'), (b"rest", "rest")]
    assert [each for each in found if each[1] is not None] == lines
    assert b"".join(raw for raw, _ in found) == body


def test_long_silence_between_events_is_given_as_it_comes() -> None:
    comments = cut_at(b": keep\n\n" * 3, [8, 16])
    items = stretches(iter(comments[:2]), HEAD)
    assert next(items).raw == b": keep\n\n"  # type: ignore[union-attr]
    assert whole(joined(stretches(comments, HEAD))) == b": keep\n\n" * 3


@pytest.mark.parametrize(
    ("content_type", "body", "events"),
    [
        ("application/json", b'[{"a":1}\n,\r\n{"b":[2]}\n]', [b'{"a":1}', b'{"b":[2]}']),
        ("text/plain", b"id: x\ndata: a\n\ndata: b\n\n", [b"id: x\ndata: a\n\n", b"data: b\n\n"]),
        ("text/plain", b"one\n\ntwo\n", [b"one\n", b"two\n"]),
    ],
)  # fmt: skip
@given(edges=EDGES)
def test_an_event_is_what_is_shown_as_a_message(
    content_type: str, body: bytes, events: list[bytes], edges: list[int]
) -> None:
    head = replace(HEAD, headers=[("content-type", content_type)])
    parts = cut_at(body, edges)
    items = list(stretches(parts, head))
    assert [s.raw for s in items if isinstance(s, Stretch) and s.data is not None] == events
    assert list(joined(items)) == parts
