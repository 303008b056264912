import gzip
import random
from itertools import accumulate
from typing import Any

import pytest
from faulty import HEAD, cut_at
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Chunk, End, Response, Trailers
from ssetape.replay.faults import FAULTS, parse
from ssetape.replay.faults.chain import Chain, Strike
from ssetape.replay.faults.passing import Passing

BODY = b": hi\n\ndata: a\r\n\r\nid: 2\ndata: \xc3\xa4b\n\n: keep\n\n"
BODY += b"data: c\r\rdata: [DONE]\n\ndata: rest"
SPECS = [
    *("cut event=2", "cut byte=20", "cut at_s=3.5", "cut at_s=0 how=reset", "cut byte=0"),
    *("stall", "stall event=2 seconds=5", "stall byte=9 seconds=2", "stall at_s=3 seconds=1"),
    *("slow factor=3", "jitter seconds=2", "slow-head seconds=4", "content-type value=text/html"),
    *("drop event=2", "drop chance=0.5", "duplicate event=2", "duplicate chance=0.5"),
    *("reorder event=1", "reorder chance=0.5", "corrupt event=3", "corrupt chance=0.7 how=half"),
    *("corrupt event=1 how=utf8", "lose-done", "rechunk size=3", "rechunk random=4"),
    *("rechunk inside=utf8", "rechunk inside=crlf", "coalesce seconds=2.5", "coalesce"),
]
EDGES = st.lists(st.integers(1, 80), max_size=12)


def chain(*specs: str, head: Response = HEAD, seed: int = 0) -> Chain:
    strikes = [Strike(parse(spec).fault, 1, f"{seed}/{index}") for index, spec in enumerate(specs)]
    return Chain(strikes, head)


def fed(passing: Passing, parts: list[Any], waits: random.Random | None = None) -> list[Any]:
    """What comes out if parts are put in one by one, with waits in between where they are asked."""
    found = []
    for part in parts:
        while passing.again_s < part.t_s:  # as a timer would
            found += passing.wait(passing.again_s + 1e-9)
        if waits is not None and waits.random() < 0.5:
            found += passing.wait(part.t_s)
        found += passing.feed(part)
    return found


def bytes_with_times(parts: list[Any]) -> list[tuple[float, Any]]:
    """Every byte with its time, then everything else: chunks may be cut where events are."""
    found: list[tuple[float, Any]] = []
    for part in parts:
        if isinstance(part, Chunk):
            found += [(part.t_s, byte) for byte in part.data]
        else:
            found.append((part.t_s, getattr(part, "reason", "trailers")))
    return found


def test_every_fault_is_among_the_specs() -> None:
    # A refusal has no stream.
    assert {spec.split()[0] for spec in SPECS} == FAULTS.keys() - {"refuse"}


@pytest.mark.parametrize("spec", SPECS)
@given(edges=EDGES, seed=st.integers(0, 9), wait_seed=st.integers(0, 9))
def test_a_stream_that_comes_bit_by_bit_gets_the_faults_of_one_that_is_there(
    spec: str, edges: list[int], seed: int, wait_seed: int
) -> None:
    *chunks, end = cut_at(BODY, edges)
    parts = [*chunks, Trailers(end.t_s, [("x", "y")]), end]
    whole = list(chain(spec, seed=seed).parts(parts))
    passing = Passing(chain(spec, seed=seed))
    found = fed(passing, parts, random.Random(wait_seed))
    assert bytes_with_times(found) == bytes_with_times(whole)
    assert passing.is_over
    assert passing.again_s == float("inf")
    assert passing.feed(end) == []


@pytest.mark.parametrize("spec", SPECS)
def test_byte_by_byte_too(spec: str) -> None:
    parts = cut_at(BODY, range(1, len(BODY)))
    found = fed(Passing(chain(spec)), parts)
    assert bytes_with_times(found) == bytes_with_times(list(chain(spec).parts(parts)))


@given(
    specs=st.lists(st.sampled_from([s for s in SPECS if "at_s" not in s]), max_size=4),
    edges=EDGES,
)
def test_so_do_several_faults(specs: list[str], edges: list[int]) -> None:
    parts = cut_at(BODY, edges)
    found = b"".join(p.data for p in fed(Passing(chain(*specs)), parts) if type(p) is Chunk)
    whole = b"".join(p.data for p in chain(*specs).parts(parts) if type(p) is Chunk)
    assert found == whole


@pytest.mark.parametrize(
    "spec", ["drop event=9", "duplicate event=9", "stall event=9", "lose-done"]
)
def test_an_event_goes_on_as_soon_as_it_is_complete(spec: str) -> None:
    passing = Passing(chain(spec))
    chunks = [Chunk(1.0, b"data: a\n\n"), Chunk(2.0, b"data: b\r\n\r\n"), Chunk(3.0, b": hi\n\n")]
    for chunk in chunks:
        assert passing.feed(chunk) == [chunk]


def test_a_cut_comes_right_after_the_event() -> None:
    passing = Passing(chain("cut event=2"))
    assert passing.feed(Chunk(1.0, b"data: a\n\n")) == [Chunk(1.0, b"data: a\n\n")]
    found = passing.feed(Chunk(2.0, b"data: b\n\ndata: c\n\n"))
    assert found == [Chunk(2.0, b"data: b\n\n"), End(2.0, "fault_cut")]
    assert passing.is_over


def test_what_is_due_in_a_silence_comes_in_it() -> None:
    passing = Passing(chain("cut at_s=1.5 how=reset"))
    passing.feed(Chunk(1.0, b"data: a\n\n"))
    assert passing.again_s == 1.5
    assert passing.wait(1.4) == []
    assert passing.wait(1.6) == [End(1.5, "fault_reset")]

    passing = Passing(chain("coalesce seconds=1"))
    assert passing.feed(Chunk(1.0, b"a")) == []
    assert passing.feed(Chunk(1.5, b"b")) == []
    assert passing.again_s == 2.0
    assert passing.wait(2.1) == [Chunk(2.0, b"ab")]
    assert passing.again_s == float("inf")


def test_an_encoded_body_is_decoded_for_faults_of_events() -> None:
    headers = [
        ("content-type", "text/event-stream"),
        ("content-encoding", "gzip"),
        ("content-length", "9"),
    ]
    head = Response(0.5, 200, "OK", "HTTP/1.1", headers)
    made = chain("drop event=1", head=head)
    passing = Passing(made)
    assert passing.response.headers == [("content-type", "text/event-stream")]
    body = gzip.compress(b"data: a\n\ndata: b\n\n")
    ends = list(accumulate([5, 9, len(body) - 14]))
    parts = [Chunk(1.0, body[a:b]) for a, b in zip([0, *ends], ends, strict=False)]
    found = [part for each in parts for part in passing.feed(each)]
    assert b"".join(part.data for part in found if type(part) is Chunk) == b"data: b\n\n"
