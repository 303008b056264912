from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Chunk, End, Response, Trailers
from ssetape.replay.answers.resuming import ResumePoint, place_after, rest
from ssetape.sse import EventStreamParser

HEAD = Response(0.25, 200, "OK", "HTTP/1.1", [])
BODY = b"retry: 9\n\nid: 1\ndata: a\n\n: hi\n\ndata: no id\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n"


def parts(*edges: int, body: bytes = BODY) -> list[Any]:
    cuts = sorted({0, len(body), *(edge for edge in edges if edge < len(body))})
    chunks = [Chunk(1.0 + n, body[a:b]) for n, (a, b) in enumerate(pairwise(cuts))]
    return [*chunks, Trailers(50.0, []), End(50.0, "complete")]


def data(found: Any) -> list[str]:
    body = b"".join(part.data for part in found if isinstance(part, Chunk))
    return [event.data for event in EventStreamParser().feed(body)]


@pytest.mark.parametrize(
    ("event_id", "expected"),
    [("1", ["no id", "b", "c"]), ("2", ["c"]), ("3", []), ("4", None), ("", None)],
)
@given(edges=st.lists(st.integers(1, len(BODY)), max_size=12))
def test_the_events_after_it_come_however_they_are_cut(
    event_id: str, expected: list[str] | None, edges: list[int]
) -> None:
    given_parts = parts(*edges)
    place = place_after(given_parts, event_id)
    if expected is None or place is None:
        assert place is expected
        return
    assert place.is_last == (not expected)
    assert data(rest(given_parts, place, HEAD)) == expected


def test_what_is_left_keeps_its_distance_from_the_event() -> None:
    given_parts = [
        Chunk(1.0, b"id: 1\ndata: a\n\n"),
        Chunk(3.5, b"id: 2\ndata: b\n\nid: 3\nda"),
        Chunk(4.0, b"ta: c\n\n"),
        End(5.0, "complete"),
    ]
    place = place_after(given_parts, "1")
    assert place == ResumePoint(15, 1.0, is_last=False)
    found = list(rest(given_parts, place, HEAD))
    assert [part.t_s for part in found] == [2.75, 3.25, 4.25]
    place = place_after(given_parts, "2")
    assert place is not None
    first = next(rest(given_parts, place, HEAD))
    assert first == Chunk(0.25, b"id: 3\nda")


def test_of_an_id_that_is_set_again_the_last_counts() -> None:
    body = b"id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 1\ndata: c\n\nid: 2\ndata: d\n\n"
    place = place_after(parts(body=body), "1")
    assert place is not None
    assert data(rest(parts(body=body), place, HEAD)) == ["d"]
