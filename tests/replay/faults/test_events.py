import pytest
from faulty import LINES, cut_at, run, spans, whole
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.faults.events import Corrupt, Drop, Duplicate, LoseDone, Reorder
from ssetape.sse import EventStreamParser

BODY = b": hi\n\ndata: a\n\nid: 2\ndata: b\n\ndata: c\n\ndata: [DONE]\n\n"
EDGES = st.lists(st.integers(1, 60), max_size=12)


def data(fault: object, edges: list[int], body: bytes = BODY, seed: int = 0) -> list[str]:
    parts = fault.parts(cut_at(body, edges), run(seed))  # type: ignore[attr-defined]
    found = whole(parts)
    assert found.startswith(b": hi")
    return [event.data for event in EventStreamParser().feed(found)]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Drop(event=2), ["a", "c", "[DONE]"]),
        (Drop(chance=1), []),
        (Drop(event=9), ["a", "b", "c", "[DONE]"]),
        (Duplicate(event=2), ["a", "b", "b", "c", "[DONE]"]),
        (Reorder(event=1), ["b", "a", "c", "[DONE]"]),
        (Reorder(chance=1), ["b", "a", "[DONE]", "c"]),
        (Reorder(event=4), ["a", "b", "c", "[DONE]"]),
        (LoseDone(), ["a", "b", "c"]),
        (LoseDone(data="b"), ["a", "c", "[DONE]"]),
        (Corrupt(event=4, how="half"), ["a", "b", "c", "[DO"]),
        (Corrupt(event=3, how="utf8"), ["a", "b", "\N{REPLACEMENT CHARACTER}", "[DONE]"]),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@given(edges=EDGES)
def test_events_are_changed_however_they_are_cut(
    fault: object, expected: list[str], line_end: str, edges: list[int]
) -> None:
    assert data(fault, edges, BODY.replace(b"\n", line_end.encode())) == expected


@given(seed=st.integers(0, 999), edges=EDGES)
def test_one_byte_is_another(seed: int, edges: list[int]) -> None:
    parts = cut_at(BODY, edges)
    found = list(Corrupt(event=4).parts(parts, run(seed)))
    assert [part.t_s for part in found] == [part.t_s for part in parts]
    differ = [n for n, (a, b) in enumerate(zip(BODY, whole(found), strict=True)) if a != b]
    assert len(differ) == 1
    start = BODY.index(b"[DONE]")
    assert start <= differ[0] < start + 6
    assert whole(found)[differ[0]] not in b"\r\n"


@given(seed=st.integers(0, 999))
def test_chance_is_the_seed_s(seed: int) -> None:
    fault = Drop(chance=0.5)
    assert data(fault, [], seed=seed) == data(fault, [], seed=seed)


def test_chance_differs_by_seed() -> None:
    assert len({tuple(data(Drop(chance=0.5), [], seed=seed)) for seed in range(50)}) > 5


def test_no_event_comes_before_its_time() -> None:
    found = spans(Reorder(event=1).parts(cut_at(BODY, [15, 30]), run()))
    assert found[:2] == [(1.0, b": hi\n\n"), (2.0, b"id: 2\ndata: b\n\n")]
    assert found[2] == (2.0, b"data: a\n\n")


def test_lines_are_the_events_of_what_has_none() -> None:
    body = b'{"a": 1}\n{"b": 2}\n'
    found = whole(Drop(event=1).parts(cut_at(body, []), run(response=LINES)))
    assert found == b'{"b": 2}\n'
    damaged = whole(Corrupt(event=2, how="half").parts(cut_at(body, []), run(response=LINES)))
    assert damaged == b'{"a": 1}\n{"b"\n'


def test_which_event_has_to_be_said() -> None:
    for wrong in ({}, {"event": 1, "chance": 0.5}, {"event": 0}, {"chance": 2.0}):
        with pytest.raises(ValueError, match="expected"):
            Drop(**wrong)  # type: ignore[arg-type]
