import json
import time
from pathlib import Path

import pytest
from mitmproxy import eventsequence, http
from mitmproxy.connection import ConnectionState
from mitmproxy.test import tflow, tutils
from proxies import Client, captures, in_context, in_process

import ssetape
from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder import flows
from ssetape.recording import recording as recordings
from ssetape.replay.shelf import Shelf


def test_what_a_flow_is_becomes_header_and_head(tmp_path: Path) -> None:
    response = tutils.tresp(status_code=201, reason=b"Cr\xe9ated")
    request = tutils.treq(
        method=b"PUT", path=b"/\xc3\xa9?key=secret&x=1", headers=((b"authorization", b"Bearer t"),)
    )
    flow = tflow.tflow(req=request, resp=response)
    with in_context(SsetapeRecord(), tape_dir=str(tmp_path)):
        now_s = time.perf_counter()
        recording = flows.begin(flow, (now_s, 1_700_000_000_123_456_789), now_s + 0.25)
        assert recording is not None
        recording.finish(now_s + 1, "complete")
    assert flow.id not in recordings.live
    capture = ssetape.open(recording.writer.path)
    assert (capture.id, capture.kind) == (flow.id, "http")
    assert capture.started == "2023-11-14T22:13:20.123456Z"
    assert capture.request.url == "http://address:22/%C3%A9?key=MASKED&x=1"
    assert capture.request.headers == [("authorization", "Bearer MASKED")]
    assert capture.request.masked_query == ("key",)
    assert capture.response is not None
    assert capture.response.t_s == pytest.approx(0.25)
    assert (capture.response.status, capture.response.reason) == (201, "Cr\xe9ated")
    header = json.loads(recording.writer.path.read_text().splitlines()[0])
    assert header["clock"] == "monotonic"


def test_a_title_shows_no_secret() -> None:
    flow = tflow.tflow(req=tutils.treq(path=b"/?token=hunter2"))
    assert flows.title(flow) == "GET http://address:22/?token=MASKED"


def test_an_error_s_circumstances_are_those_of_both_connections() -> None:
    flow = tflow.tflow(err=True)
    flow.client_conn.alpn, flow.server_conn.alpn = b"h2", b"http/1.1"
    flow.server_conn.state = ConnectionState.CLOSED
    with in_context(SsetapeRecord()):
        seen = flows.circumstances(flow, shutting_down=False, idle_s=0.5, has_crashed=True)
    assert (seen.message, seen.idle_s, seen.idle_limit_s) == ("error", 0.5, 600.0)
    assert (seen.client_connected, seen.server_connected) == (True, False)
    assert (seen.client_multiplexes, seen.server_multiplexes) == (True, False)
    assert (seen.shutting_down, seen.has_crashed) == (False, True)


@pytest.mark.parametrize(
    ("method", "status", "headers", "problem"),
    [
        (b"GET", 1000, {}, "status 1000 does not belong to a final response"),
        (b"GET", 200, {"x y": "secret"}, "header 'x y' is not legal in HTTP"),
        (b"G@T", 200, {}, "method 'G@T' is not legal in HTTP"),
        (b"GET", 200, {"x": "one\r\n two", "y": "a\0b\rc"}, ""),
        (b"get", 999, {}, ""),
    ],
)
def test_what_cannot_be_replayed_is_told_when_it_is_recorded(
    method: bytes,
    status: int,
    headers: dict[str, str],
    problem: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = tutils.tresp(status_code=status, headers=http.Headers(fields))
    flow = tflow.tflow(req=tutils.treq(method=method), resp=answer)
    with in_context(SsetapeRecord(), tape_dir=str(tmp_path)):
        now_s = time.perf_counter()
        recording = flows.begin(flow, (now_s, 0), now_s)
        assert recording is not None
        recording.finish(now_s, "complete")
    told = f"recorded, but it cannot be replayed: {problem}"
    assert (told in caplog.text) == bool(problem)
    assert "cannot be replayed" in caplog.text or not problem
    assert "secret" not in caplog.text
    unusable = Shelf([ssetape.open(recording.writer.path)]).unusable
    assert bool(unusable) == bool(problem)
    assert problem in "".join(unusable)


def test_an_answer_whose_body_is_there_with_its_head_is_of_the_proxy_itself() -> None:
    flow = tflow.tflow(resp=True)
    assert flow.response is not None
    assert flows.is_answered_here(flow)
    flow.response.raw_content = None
    assert not flows.is_answered_here(flow)
    flow.is_replay = "response"  # with -S, of a flow whose body was not kept
    assert flows.is_answered_here(flow)


@pytest.mark.parametrize("records_all", [False, True])
def test_an_event_stream_that_the_proxy_makes_itself_is_no_stream(
    records_all: bool, confdir: Path, tmp_path: Path
) -> None:
    class Answers:
        def request(self, flow: http.HTTPFlow) -> None:
            head = {"content-type": "text/event-stream"}
            flow.response = http.Response.make(200, b"data: 1\n\n", head)

    addons = (SsetapeRecord(), Answers())
    with in_process(confdir, *addons, tape_dir=str(tmp_path), tape_all=records_all) as port:
        with Client(port, "http://origin.test/") as client:
            assert client.head() == 200
            assert client.read(9) == b"data: 1\n\n"
        found = [[c.data for c in capture.chunks()] for capture in captures(tmp_path)]
    assert found == ([[b"data: 1\n\n"]] if records_all else [])


def test_flows_of_a_file_are_not_recorded_again(tmp_path: Path) -> None:
    stream, socket, page = (
        tflow.tflow(resp=True),
        tflow.twebsocketflow(),
        tflow.tflow(resp=True),
    )
    assert stream.response is not None
    stream.response.headers["content-type"] = "text/event-stream"
    stream.response.data.content = None  # as mitmproxy saves a stream
    addon = SsetapeRecord()
    with in_context(addon, tape_dir=str(tmp_path), tape_all=True):
        for flow in (stream, socket, page):
            flow.live = False
            flow.metadata[flows.RECORDED] = noted = {"capture": "/elsewhere"}
            for hook in eventsequence.iterate(flow):
                getattr(addon, hook.name, lambda flow: None)(flow)
            assert flow.metadata[flows.RECORDED] is noted
    assert socket.websocket is not None
    assert len(socket.websocket.messages) > 1
    assert list(tmp_path.iterdir()) == []
