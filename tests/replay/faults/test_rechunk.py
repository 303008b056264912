import pytest
from faulty import cut_at, run, spans, whole
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.faults.rechunk import Coalesce, Rechunk

BODY = "data: é€\r\ndata: 😀\r\n\r\ndata: x\n\n".encode()
EDGES = st.lists(st.integers(1, 40), max_size=8)
FAULTS = [
    *(Rechunk(size=size) for size in (1, 3, 1000)),
    Rechunk(random=5),
    Rechunk(inside="utf8"),
    Rechunk(inside="crlf"),
    Coalesce(),
    Coalesce(seconds=1.5),
]


def arrivals(parts: list[tuple[float, bytes]]) -> list[float]:
    """When each byte came."""
    return [t_s for t_s, data in parts if isinstance(data, bytes) for _ in data]


@pytest.mark.parametrize("fault", FAULTS)
@given(edges=EDGES)
def test_the_bytes_stay_and_none_is_early(fault: Rechunk | Coalesce, edges: list[int]) -> None:
    parts = cut_at(BODY, edges)
    found = spans(fault.parts(parts, run()))
    assert b"".join(data for _, data in found[:-1]) == BODY
    assert all(data for _, data in found)
    assert [t_s for t_s, _ in found] == sorted(t_s for t_s, _ in found)
    for before, now in zip(arrivals(spans(parts)), arrivals(found), strict=True):
        assert before <= now
    assert found == spans(fault.parts(parts, run()))


def test_where_it_is_cut() -> None:
    def cuts(fault: Rechunk | Coalesce) -> list[bytes]:
        return [d for _, d in spans(fault.parts(cut_at(BODY, [12, 20]), run()))[:-1]]

    assert cuts(Rechunk(size=1)) == [bytes([byte]) for byte in BODY]
    assert [len(data) for data in cuts(Rechunk(size=10))] == [10, 10, 10, 6]
    inside = cuts(Rechunk(inside="crlf"))
    assert not any(b"\r\n" in data for data in inside)
    assert sum(data.startswith(b"\n") for data in inside) == 3
    for data in cuts(Rechunk(inside="utf8"))[:3]:
        with pytest.raises(UnicodeDecodeError):
            data.decode()
    assert cuts(Coalesce()) == [BODY]


def test_what_is_held_back_comes_when_its_time_is_over() -> None:
    parts = cut_at(BODY, [5, 10, 15])
    assert [t_s for t_s, _ in spans(Coalesce(seconds=1.5).parts(parts, run()))] == [2.5, 4.0, 4.0]
    assert [t_s for t_s, _ in spans(Coalesce().parts(parts, run()))] == [4.0, 4.0]
    assert whole(Coalesce().parts(parts[:-1], run())) == BODY  # interrupted: without its end


def test_how_has_to_be_said_once() -> None:
    for wrong in ({}, {"size": 1, "inside": "utf8"}, {"size": 0}):
        with pytest.raises(ValueError, match="expected"):
            Rechunk(**wrong)  # type: ignore[arg-type]
