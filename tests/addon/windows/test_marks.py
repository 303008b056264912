import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from mitmproxy import ctx, flowfilter, http
from mitmproxy.addons.view import View
from mitmproxy.test import tflow
from mitmproxy.utils.emoji import emoji
from proxies import (
    Cut,
    Exchange,
    Origin,
    captures,
    fetch,
    in_context,
    in_process,
    wait_until,
)

from ssetape.addon import flows
from ssetape.addon.faults.live import SsetapeFaults
from ssetape.addon.record import SsetapeRecord
from ssetape.addon.windows import marks, needed
from ssetape.addon.windows.marks import SsetapeMarks

WORD = b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
STOP = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'


def said(exchange: Exchange) -> None:
    exchange.head()
    exchange.chunk(WORD)
    exchange.chunk(STOP)
    exchange.end()


def cut(exchange: Exchange) -> None:
    exchange.head()
    exchange.chunk(WORD)
    exchange.reset()


def page(exchange: Exchange) -> None:
    exchange.head("Content-Type: text/html")
    exchange.end()


class Window:
    """A proxy with mitmproxy's list of flows, as mitmweb and the console have it."""

    def __init__(self, port: int, view: View) -> None:
        self.port = port
        self._view = view

    def flow(self, url: str, ready: Callable[[http.HTTPFlow], object]) -> http.HTTPFlow:
        """The flow of a URL, once it is ready."""

        def found() -> http.HTTPFlow | None:
            of_url = (flow for flow in list(self._view) if flow.request.url == url)
            return next(filter(ready, of_url), None)

        flow = wait_until(found, f"a flow of {url}")
        assert flow is not None
        return flow


@contextmanager
def window(confdir: Path, tapes: Path, *others: object) -> Iterator[Window]:
    view = View()
    addons = (view, *others, SsetapeRecord(), SsetapeMarks())
    with in_process(confdir, *addons, tape_dir=str(tapes)) as port:
        yield Window(port, view)


def has_comment(flow: http.HTTPFlow) -> bool:
    return bool(flow.comment)


def matches(expression: str, flow: http.HTTPFlow) -> bool:
    return bool(flowfilter.match(expression, flow))


def test_mitmproxy_s_filters_find_how_a_stream_went(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    whole, broken = origin.serve(said), origin.serve(cut)
    with window(confdir, tmp_path) as running:
        fetch(running.port, whole)
        flow = running.flow(whole, has_comment)
        assert matches("~comment 'ttft .* s, .* tok.*, complete'", flow)
        assert not matches("~marked", flow)
        with pytest.raises(Cut):
            fetch(running.port, broken)
        flow = running.flow(broken, has_comment)
        assert matches("~comment upstream_cut", flow)
        assert matches("~marked", flow)
    assert marks.MARK in emoji


def test_a_client_that_gets_its_share_later_is_waited_for(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    def paced(exchange: Exchange) -> None:
        exchange.head()
        for _ in range(3):
            time.sleep(0.03)
            exchange.chunk(WORD)
        exchange.end()

    url, view = origin.serve(paced), View()
    addons = (view, SsetapeRecord(), SsetapeFaults(), SsetapeMarks())
    faults = ["slow factor=4"]
    with in_process(confdir, *addons, tape_dir=str(tmp_path), tape_fault=faults) as port:
        fetch(port, url)
        assert Window(port, view).flow(url, has_comment).comment.endswith("complete")
    (capture,) = captures(tmp_path)
    assert capture.end is not None
    assert capture.end.client is not None
    assert capture.end.client.t_s > capture.end.t_s


def test_what_a_person_wrote_stays(confdir: Path, origin: Origin, tmp_path: Path) -> None:
    class Person:
        def responseheaders(self, flow: http.HTTPFlow) -> None:
            flow.comment, flow.marked = "mine", ":grapes:"

    class Updates:
        def __init__(self) -> None:
            self.flows: list[http.HTTPFlow] = []

        def update(self, flows: list[http.HTTPFlow]) -> None:
            self.flows += flows

    url, updates = origin.serve(cut), Updates()
    with window(confdir, tmp_path, Person(), updates) as running:
        with pytest.raises(Cut):
            fetch(running.port, url)
        # One of the list's updates is that of the comment, which came after the error.
        flow = running.flow(url, lambda flow: flow.error and updates.flows.count(flow) >= 4)
        assert (flow.comment, flow.marked) == ("mine", ":grapes:")


@pytest.mark.parametrize(("answer", "is_recorded"), [(said, True), (page, False)])
def test_a_flow_that_is_sent_again_is_noted_anew(
    confdir: Path,
    origin: Origin,
    tmp_path: Path,
    answer: Callable[[Exchange], None],
    is_recorded: bool,
) -> None:
    class Again:
        """Sends a flow again once it has its comment, as `r` in a window does."""

        def __init__(self) -> None:
            self.comments: list[str] = []

        def update(self, flows: list[http.HTTPFlow]) -> None:
            if flows[0].comment and not flows[0].live and not self.comments:
                self.comments.append(flows[0].comment)
                flows[0].request.path = urlsplit(url).path
                ctx.master.commands.call("replay.client", flows)

    again, view = Again(), View()
    before, url = origin.serve(cut), origin.serve(answer)
    addons = (view, again, SsetapeRecord(), SsetapeMarks())

    def has_ended(flow: http.HTTPFlow) -> bool:
        is_there = flow.response is not None and flow.response.timestamp_end is not None
        return is_there and bool(flow.comment) == is_recorded

    with in_process(confdir, *addons, tape_dir=str(tmp_path)) as port:
        with pytest.raises(Cut):
            fetch(port, before)
        flow = Window(port, view).flow(url, has_ended)
    assert again.comments[0].endswith("upstream_cut")
    assert flow.comment.endswith("complete") == is_recorded
    assert not flow.marked
    assert (flows.RECORDED in flow.metadata) == is_recorded


def test_a_flow_of_a_file_is_not_measured() -> None:
    with in_context(SsetapeMarks()):
        addon, flow = SsetapeMarks(), tflow.twebsocketflow()
        ctx.options.add_option("save_stream_file", str, "somewhere", "")
        flow.metadata[flows.RECORDED], flow.live = {"capture": "/nowhere"}, False
        assert addon.websocket_end(flow) is None


def test_an_ordinary_response_gets_none(confdir: Path, origin: Origin, tmp_path: Path) -> None:
    ordinary, stream = origin.serve(page), origin.serve(said)
    view = View()
    addons = (view, SsetapeRecord(), SsetapeMarks())
    with in_process(confdir, *addons, tape_dir=str(tmp_path), tape_all=True) as port:
        fetch(port, ordinary)
        fetch(port, stream)
        running = Window(port, view)
        assert running.flow(stream, has_comment)
        assert running.flow(ordinary, bool).comment == ""
    assert len(captures(tmp_path)) == 2


def test_where_nobody_looks_nothing_is_measured(
    confdir: Path, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[Path] = []
    monkeypatch.setattr(marks, "_measured_here", measured.append)
    with in_process(confdir, SsetapeRecord(), SsetapeMarks(), tape_dir=str(tmp_path)) as port:
        fetch(port, origin.serve(said))
    assert len(captures(tmp_path)) == 1
    assert measured == []


def test_a_process_measures_what_is_large(
    confdir: Path, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "THREAD_LIMIT_BYTES", 0)
    monkeypatch.setattr(marks, "_measured_here", lambda path: pytest.fail("in a thread"))
    url = origin.serve(said)
    with window(confdir, tmp_path) as running:
        fetch(running.port, url)
        assert running.flow(url, has_comment).comment.startswith("ttft")


@pytest.mark.parametrize(
    ("error", "words", "count"),
    [
        (ZeroDivisionError("on purpose"), "cannot be measured for a comment: on purpose", 2),
        (needed.NotInstalled("no msgspec: pip"), "get no comments and marks: no msgspec: pip", 1),
    ],
)
def test_a_failure_harms_neither_traffic_nor_capture(
    confdir: Path,
    origin: Origin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    words: str,
    count: int,
) -> None:
    def fail(path: Path) -> None:
        raise error

    monkeypatch.setattr(marks, "_measured_here", fail)

    def logged() -> int:
        return sum(words in record.getMessage() for record in caplog.records)

    with caplog.at_level(logging.WARNING), window(confdir, tmp_path) as running:
        for number in (1, 2):
            assert fetch(running.port, origin.serve(said)) == [WORD, STOP]
            wait_until(lambda: logged() >= min(number, count), "the log")  # noqa: B023
    assert logged() == count
    found = captures(tmp_path)
    assert [b"".join(chunk.data for chunk in each.chunks()) for each in found] == [WORD + STOP] * 2
    assert all(each.end and each.end.is_complete for each in found)


def test_a_websocket_is_a_stream() -> None:
    flow = tflow.twebsocketflow()
    assert marks._streamed(flow)
    assert not marks._streamed(tflow.tflow(resp=True))
