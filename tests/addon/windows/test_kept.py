import logging
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.io import tnetstring
from mitmproxy.test import tflow

from ssetape.addon import flows
from ssetape.addon.windows import kept
from ssetape.addon.windows.kept import Kept
from ssetape.addon.windows.shelf import CHUNK_BYTES, HEAD_BYTES, SHARE, Shelf

Stream = Callable[..., http.HTTPFlow]
Keep = Callable[..., Kept]

CHUNKS = [(0.5, b"data: a\n\n"), (0.75, b"data: b"), (1.0, b"\n\n")]


def content(flow: http.HTTPFlow) -> bytes | None:
    assert flow.response is not None
    return flow.response.raw_content


def record(flow: http.HTTPFlow) -> dict[str, Any]:
    found = flow.metadata[flows.RECORDED]
    assert isinstance(found, dict)
    return found


def test_a_flow_has_what_came_and_when(stream: Stream, keep: Keep) -> None:
    flow = stream()
    found = keep(flow)
    assert content(flow) == b""  # windows call a body missing that is None
    for t_s, data in CHUNKS:
        found.came(t_s, data)
    found.ended(1.5, "upstream_cut", {"error": "cut", "guessed": True, "altered": True})
    assert content(flow) == b"data: a\n\ndata: b\n\n"
    assert record(flow) == {
        "capture": "/nowhere/x.ssetape",
        "head_s": 0.25,
        "chunks": [[0.5, 9], [0.75, 7], [1.0, 2]],
        "size_bytes": 18,
        "end": {"t_s": 1.5, "reason": "upstream_cut", "error": "cut"},
        "altered": True,
    }
    assert tnetstring.loads(tnetstring.dumps(record(flow))) == record(flow)
    assert flow.id not in kept.live


@pytest.mark.parametrize("looks", range(4))
def test_while_it_runs_the_last_byte_is_held_back(looks: int, stream: Stream, keep: Keep) -> None:
    flow = stream()
    found = keep(flow)
    for place, (t_s, data) in enumerate(CHUNKS):
        found.came(t_s, data)
        if place < looks:
            found.publish()
            whole = b"".join(data for _, data in CHUNKS[: place + 1])
            body = content(flow)
            assert body is not None
            assert (body + found.rest, len(found.rest)) == (whole, 1)
            assert sum(size for _, size in record(flow)["chunks"]) == len(body)
    found.ended(2.0, "complete", {})
    # The end changes the body, without which no window would look at it again.
    assert content(flow) == b"".join(data for _, data in CHUNKS)
    assert [size for _, size in record(flow)["chunks"]] == [9, 7, 2]


def test_before_it_is_written_to_a_file_it_is_whole(stream: Stream, keep: Keep) -> None:
    flow = stream()
    found = keep(flow)
    found.came(0.5, b"data: a\n\n")
    found.publish(wholly=True)
    assert content(flow) == b"data: a\n\n"
    found.came(1.0, b"x")
    found.ended(2.0, "complete", {})
    assert record(flow)["chunks"] == [[0.5, 9], [1.0, 1]]


def test_a_stream_that_is_too_long_is_kept_to_a_point_and_counted_on(
    stream: Stream, keep: Keep
) -> None:
    shelf = Shelf(SHARE * 10_000)
    flow = stream()
    found = keep(flow, shelf)
    bodies = set()
    for number in range(100):
        found.came(float(number), b"x" * 1000)
        found.publish()
        bodies.add(content(flow))
    assert len(bodies) > 50  # each look is at another one, though no more is kept
    found.ended(100.0, "complete", {})
    body = content(flow)
    assert body is not None
    assert len(body) == sum(size for _, size in record(flow)["chunks"])
    assert HEAD_BYTES <= len(body) <= 10_000 - CHUNK_BYTES
    assert record(flow)["size_bytes"] == 100_000


def test_of_a_chunk_without_room_the_beginning_is_kept(stream: Stream, keep: Keep) -> None:
    flow = stream()
    found = keep(flow, Shelf(0))
    found.came(1.0, b"x" * 50_000)
    found.ended(2.0, "complete", {})
    assert content(flow) == b"x" * HEAD_BYTES
    assert record(flow)["chunks"] == [[1.0, HEAD_BYTES]]


def test_a_body_that_mitmproxy_has_kept_itself_stays(stream: Stream, keep: Keep) -> None:
    flow = stream()
    found = keep(flow)
    found.came(1.0, b"data: a\n\n")
    found.publish()
    found.came(1.5, b"data: b\n\n")
    assert flow.response is not None
    flow.response.data.content = whole = b"data: a\n\ndata: b\n\n"  # store_streamed_bodies
    found.ended(2.0, "complete", {})
    assert content(flow) is whole
    assert record(flow)["chunks"] == [[1.0, 9], [1.5, 9]]


def socket_flow() -> http.HTTPFlow:
    flow = tflow.twebsocketflow()
    flow.metadata[flows.RECORDED] = {"capture": "/nowhere/x.ssetape"}
    assert flow.websocket is not None
    flow.websocket.messages.clear()
    return flow


def test_of_a_websocket_the_newest_messages_stay_with_their_times(keep: Keep) -> None:
    flow = socket_flow()
    socket = flow.websocket
    assert socket is not None
    found = keep(flow, Shelf(SHARE * 10_000))
    for number in range(100):
        socket.messages.append(tflow.twebsocketflow().websocket.messages[0])  # type: ignore[union-attr]
        socket.messages[-1].content = f"{number:03d}".encode() * 300
        found.message_came(float(number))
    times = record(flow)["messages"]
    assert len(times) == len(socket.messages) > 3
    assert times[-1] == 99.0
    assert [int(message.content[:3]) for message in socket.messages] == times
    assert found.used_bytes <= 10_000
    assert record(flow)["size_bytes"] == 100 * 900


def test_a_failure_is_logged_once_and_raises_nothing(
    stream: Stream, keep: Keep, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Kept) -> None:
        raise RuntimeError("made on purpose")

    flow = stream()
    found = keep(flow, None, broken)
    with caplog.at_level(logging.ERROR, "ssetape"):
        found.came(0.5, b"data: a\n\n")
        found.came(0.6, b"data: b\n\n")
        found.ended(1.0, "complete", {})
    assert [each.getMessage() for each in caplog.records] == [
        "ssetape: cannot show a stream in mitmproxy: RuntimeError('made on purpose'); the stream "
        "and its recording go on: /nowhere/x.ssetape"
    ]
    assert flow.id not in kept.live
