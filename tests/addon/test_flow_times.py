import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http
from mitmproxy.io import FlowReader, FlowWriter
from mitmproxy.test import tflow

import ssetape
from ssetape.addon import flow_file, flow_times
from ssetape.addon.recorder.flows import RECORDED
from ssetape.format import encode
from ssetape.format.values import Request, Response
from ssetape.format.writer import CaptureWriter
from ssetape.imports import _write
from ssetape.imports._exchange import Given, Imported

BODY = b"data: 1\n\ndata: 2\n\n"
NOTED: dict[str, Any] = {
    "capture": "/tapes/x.ssetape",
    "head_s": 0.25,
    "chunks": [[0.5, 9], [1.0000001, 9]],
    "size_bytes": 18,
    "end": {"t_s": 1.5, "reason": "complete"},
}
CHANGES: list[dict[str, Any]] = [
    {"head_s": -1.0},
    {"head_s": "0"},
    {"chunks": None},
    {"chunks": [[0.5, 9]]},
    {"chunks": [[0.5, 9], [0.4, 9]]},
    {"chunks": [[0.5, 19], [0.6, -1]]},
    {"chunks": [[0.5, True], [0.6, 17]]},
    {"chunks": [[float("nan"), 18]]},
    {"chunks": [[0.5, 18, 1]]},
    {"chunks": [18]},
]


def flow_with(noted: Any, body: bytes | None = BODY) -> http.HTTPFlow:
    """A flow as it is after a flow file has kept it."""
    flow = tflow.tflow(resp=True)
    assert flow.response is not None
    flow.response.headers = http.Headers([(b"content-type", b"text/event-stream")])
    flow.response.data.content = body
    flow.metadata[RECORDED] = noted
    return read_back(flow)


def read_back(flow: http.HTTPFlow) -> http.HTTPFlow:
    (found,) = FlowReader(io.BytesIO(saved(flow))).stream()
    assert isinstance(found, http.HTTPFlow)
    return found


def saved(flow: http.HTTPFlow) -> bytes:
    file = io.BytesIO()
    FlowWriter(file).add(flow)
    return file.getvalue()


def imported(flow: http.HTTPFlow) -> Imported:
    (found,) = flow_file.read(saved(flow), "x", Given())
    assert isinstance(found, Imported)
    return found


def test_a_flow_has_the_times_that_were_noted_in_it() -> None:
    found = flow_times.of(flow_with(NOTED))
    assert found is not None
    assert [tuple(chunk) for chunk in found.chunks] == [(0.5, BODY[:9]), (1.0000001, BODY[9:])]
    assert (found.head_s, found.lost_bytes, found.altered) == (0.25, 0, False)
    assert found.end is not None
    assert (found.end.t_s, found.end.reason) == (1.5, "complete")


@pytest.mark.parametrize("change", CHANGES)
def test_notes_that_cannot_be_right_count_for_nothing(change: dict[str, Any]) -> None:
    flow = flow_with({**NOTED, **change})
    assert flow_times.of(flow) is None
    found = imported(flow)
    assert (found.times, [chunk.data for chunk in found.chunks]) == ("ends", [BODY])


def test_an_end_that_cannot_be_right_is_mitmproxys() -> None:
    for end in ({"t_s": 1.5, "reason": "great"}, {"t_s": "1", "reason": "complete"}, None, 1, [2]):
        found = imported(flow_with({**NOTED, "end": end}))
        assert found.times == "chunks"
        assert found.end is not None
        assert found.end.reason == "complete"


def test_a_body_that_was_not_kept_whole_says_so() -> None:
    found = imported(flow_with({**NOTED, "size_bytes": 1000, "altered": True}))
    assert b"".join(chunk.data for chunk in found.chunks) == BODY
    assert found.end is not None
    assert (found.end.t_s, found.end.reason) == (1.5, "limit_reached")
    assert found.end.error == "ended as complete; the flow file lacks 982 bytes"
    assert found.notes == ["the flow file lacks 982 bytes, its end"]
    assert found.end_details == {"altered": True}


def test_what_was_recorded_is_a_stream_whatever_its_label() -> None:
    flow = flow_with(NOTED)
    assert flow.response is not None
    flow.response.headers["content-type"] = "text/plain"
    assert _write.is_streamed(imported(flow))
    flow.metadata.clear()
    assert not _write.is_streamed(imported(flow))


def test_a_flow_that_was_saved_while_it_ran_has_no_end() -> None:
    flow = flow_with({**NOTED, "end": None})
    assert flow.response is not None
    flow.response.timestamp_end = None
    assert imported(flow).end is None


def test_a_websocket_has_the_times_of_its_messages() -> None:
    flow = tflow.twebsocketflow()
    flow.metadata[RECORDED] = {
        "head_s": 0.25,
        "messages": [0.5, 0.5, 2.0],
        "size_bytes": 40,
        "end": {"t_s": 3.0, "reason": "client_closed"},
    }
    found = imported(flow)
    assert [message.t_s for message in found.messages] == [0.5, 0.5, 2.0]
    assert found.end is not None
    assert (found.end.t_s, found.end.reason) == (3.0, "client_closed")
    assert found.end.close is not None
    assert found.notes == ["the flow file lacks 11 bytes, its first messages"]
    flow.metadata[RECORDED]["messages"] = [0.5]
    assert flow_times.of(flow) is None


times = st.floats(0, 1e6, allow_nan=False)


@given(
    chunks=st.lists(st.tuples(times, st.binary(min_size=1, max_size=9)), max_size=6).map(sorted),
    head_s=times,
    reason=st.sampled_from(["complete", "client_closed", "upstream_cut"]),
)
def test_a_flow_file_becomes_the_capture_beside_it(
    chunks: list[tuple[float, bytes]],
    head_s: float,
    reason: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("both")
    chunks = [(head_s + t_s, data) for t_s, data in chunks]
    end_s = max([head_s, *(t_s for t_s, _ in chunks)])
    header = encode.header(
        Request("GET", "http://x/", "HTTP/1.1", [], None),
        id="x",
        kind="http",
        started_ns=0,
        clock="monotonic",
        recorder="x",
    )
    writer = CaptureWriter.create(folder, "recorded", header)
    writer.head(head_s, encode.head(Response(head_s, 200, "OK", "HTTP/1.1", [])))
    for t_s, data in chunks:
        writer.chunk(t_s, data)
    writer.end(end_s, reason)
    noted = {
        "head_s": head_s,
        "chunks": [[t_s, len(data)] for t_s, data in chunks],
        "size_bytes": sum(len(data) for _, data in chunks),
        "end": {"t_s": end_s, "reason": reason},
    }
    flow = flow_with(noted, b"".join(data for _, data in chunks))
    path = _write.write(imported(flow), folder, "flows", "mitm", 0, mask=False)
    one, other = ssetape.open(writer.path), ssetape.open(path)
    assert list(one.chunks()) == list(other.chunks())
    assert one.response is not None
    assert other.response is not None
    assert one.response.t_s == other.response.t_s
    assert one.end is not None
    assert other.end is not None
    assert (one.end.t_s, one.end.reason) == (other.end.t_s, other.end.reason)


NUMBERS = st.integers() | st.floats() | st.booleans()
ANYTHING = st.recursive(
    st.none() | NUMBERS | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(key=st.sampled_from([*NOTED, "altered", "messages"]), value=ANYTHING, whole=ANYTHING)
def test_notes_of_every_kind_are_imported_or_ignored(key: str, value: Any, whole: Any) -> None:
    for noted in ({**NOTED, key: value}, whole):
        flow = tflow.tflow(resp=True)
        assert flow.response is not None
        flow.response.data.content = BODY
        socket = tflow.twebsocketflow()
        for each in (flow, socket):
            each.metadata[RECORDED] = noted
            imported(each)
