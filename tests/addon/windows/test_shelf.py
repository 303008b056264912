import gc
from collections.abc import Callable

from mitmproxy import http

from ssetape.addon import flows
from ssetape.addon.windows.kept import Kept
from ssetape.addon.windows.shelf import CHUNK_BYTES, HEAD_BYTES, SHARE, Shelf

Stream = Callable[..., http.HTTPFlow]
Keep = Callable[..., Kept]


def test_streams_that_have_ended_give_way_the_oldest_first(stream: Stream, keep: Keep) -> None:
    shelf = Shelf(SHARE * 20_000)
    shelf.keeps_ended = True
    seen = []
    for number in range(30):
        flow = stream()
        seen.append(flow)
        found = keep(flow, shelf)
        for t_s in range(15):
            found.came(float(t_s), b"x" * 1000)
            assert shelf.used_bytes <= shelf.limit_bytes + (number + 1) * HEAD_BYTES
        found.ended(20.0, "complete", {})
    sizes = [len(flow.response.raw_content or b"") for flow in seen if flow.response]
    assert sizes == sorted(sizes)
    assert sizes[0] == 4000  # whole chunks, not above HEAD_BYTES
    assert sizes[-1] == 15_000
    first = seen[0].metadata[flows.RECORDED]
    assert (len(first["chunks"]), first["size_bytes"]) == (4, 15_000)


def test_streams_under_way_do_not_give_way(stream: Stream, keep: Keep) -> None:
    shelf = Shelf(SHARE * 20_000)
    shelf.keeps_ended = True
    all_kept = [keep(stream(), shelf) for _ in range(30)]
    for t_s in range(15):
        for found in all_kept:
            found.came(float(t_s), b"x" * 1000)
    assert shelf.used_bytes <= shelf.limit_bytes + 30 * HEAD_BYTES
    assert min(found.used_bytes for found in all_kept) >= 3000 + 3 * CHUNK_BYTES


def test_a_flow_that_mitmproxy_has_dropped_takes_no_room(stream: Stream, keep: Keep) -> None:
    shelf = Shelf(SHARE * 20_000)
    shelf.keeps_ended = True
    flow = stream()
    found = Kept(shelf, flow, 0.25, lambda _: None)
    found.came(1.0, b"x" * 1000)
    found.ended(2.0, "complete", {})
    assert shelf.used_bytes == 1000 + CHUNK_BYTES
    del flow, found
    gc.collect()
    assert shelf.used_bytes == 0


def test_where_nobody_looks_nothing_counts_after_the_end(stream: Stream, keep: Keep) -> None:
    shelf = Shelf(SHARE * 20_000)
    found = keep(stream(), shelf)
    found.came(1.0, b"x" * 1000)
    found.ended(2.0, "complete", {})
    assert shelf.used_bytes == 0
