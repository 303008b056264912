import gzip
import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.io import FlowWriter, tnetstring
from mitmproxy.test import tflow
from proxies import Client, Exchange, Mitmdump, Origin, captures, fetch, wait_until

import ssetape
from ssetape.addon import flow_file
from ssetape.errors import SourceError
from ssetape.imports import _write
from ssetape.imports._exchange import Given, Imported, Skipped


def saved(*flows: Any) -> bytes:
    file = io.BytesIO()
    writer = FlowWriter(file)
    for flow in flows:
        writer.add(flow)
    return file.getvalue()


def read(data: bytes) -> list[Imported | Skipped]:
    return list(flow_file.read(data, "x", Given()))


def test_a_file_that_mitmdump_writes_is_imported(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/event-stream")
        time.sleep(0.1)
        exchange.chunk(b"data: one\n\n")
        exchange.chunk(b"data: two\n\n")
        exchange.end()

    url = origin.serve(answer)
    script = tmp_path / "idle.py"
    script.write_text("")
    path = tmp_path / "flows"
    with Mitmdump(confdir, None, f"save_stream_file={path}", scripts=[script]) as proxy:
        fetch(proxy.port, url, method="POST", body=b"{}")
        proxy.stop()
    (found,) = read(path.read_bytes())
    assert isinstance(found, Imported)
    assert (found.request.method, found.request.url, found.request.body) == ("POST", url, b"{}")
    assert (found.times, found.bytes) == ("ends", "exact")
    written = _write.write(found, tmp_path, "flows", "mitm", 0, mask=True)
    capture = ssetape.open(written)
    assert [event.data for event in capture.events()] == ["one", "two"]
    (chunk,) = capture.chunks()
    assert chunk.t_s >= 0.09
    assert capture.response is not None
    assert chunk.t_s >= capture.response.t_s


@pytest.mark.programs
def test_a_file_written_beside_the_recorder_becomes_the_same_captures(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.head()
        for data in (b"data: o", b"ne\n\ndata: two\n\n", b"data: three\n\n"):
            exchange.chunk(data)
        exchange.end()

    def unlabelled(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/plain")
        exchange.chunk(b"da")
        exchange.chunk(b"ta: one\n\n")
        exchange.end()

    def compressed(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/event-stream", "Content-Encoding: gzip")
        exchange.chunk(gzip.compress(b"data: one\n\n"))
        exchange.end()

    def cut(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(b"data: one\n\n")

    path, tapes = tmp_path / "flows", tmp_path / "tapes"
    rule = "modify_body=/~s/two/TWO"
    with Mitmdump(confdir, tapes, f"save_stream_file={path}", rule) as proxy:
        for handler in (answer, unlabelled, compressed):
            fetch(proxy.port, origin.serve(handler))
        with Client(proxy.port, origin.serve(cut)) as client:
            client.head()
            client.read_to_the_end()
        wait_until(lambda: sum(each.end is not None for each in captures(tapes)) == 4, "their ends")
        proxy.stop()
    imported = tmp_path / "imported"
    command = [sys.executable, "-m", "ssetape", "import", "-o", str(imported), str(path)]
    subprocess.run(command, check=True)
    pairs = list(zip(captures(tapes), captures(imported), strict=True))
    assert len(pairs) == 4
    for one, other in pairs:
        assert one.request.url == other.request.url
        assert list(one.chunks()) == list(other.chunks())
        assert one.response is not None
        assert other.response is not None
        assert one.response.t_s == other.response.t_s
        assert one.response.headers == other.response.headers
        assert one.end == other.end
        is_altered = ['"altered"' in each.path.read_text() for each in (one, other)]
        assert is_altered[0] == is_altered[1]


def test_a_websocket_has_its_messages() -> None:
    (found,) = read(saved(tflow.twebsocketflow(close_code=4000, close_reason="bye")))
    assert isinstance(found, Imported)
    assert found.kind == "websocket"
    assert found.request.url.startswith("ws")
    assert [(m.from_client, m.is_text, m.data) for m in found.messages] == [
        (True, False, b"hello binary"),
        (True, True, b"hello text"),
        (False, True, b"it's me"),
    ]
    assert found.end.close is not None
    assert (found.end.close.code, found.end.close.reason) == (4000, "bye")


def test_what_has_no_body_or_is_no_http_is_told() -> None:
    streamed = tflow.tflow(resp=True)
    streamed.response.raw_content = None
    flows = [streamed, tflow.tflow(), tflow.ttcpflow(), tflow.tflow(resp=True)]
    *skipped, good = read(saved(*flows))
    whys = [item.why for item in skipped if isinstance(item, Skipped)]
    assert [why.rpartition(": ")[2] for why in whys] == [
        "mitmproxy streamed the body and kept none of it",
        "has no response",
        "expected an HTTP flow, found kind tcp",
    ]
    assert isinstance(good, Imported)


def test_an_error_is_an_end() -> None:
    flow = tflow.tflow(resp=True, err=True)
    flow.error.msg = "Client disconnected."
    (found,) = read(saved(flow))
    assert isinstance(found, Imported)
    assert (found.end.reason, found.end.error) == ("client_closed", "Client disconnected.")


def test_a_file_that_is_torn_gives_what_is_whole() -> None:
    data = saved(tflow.tflow(resp=True), tflow.tflow(resp=True))
    first, second = read(data[:-20])
    assert isinstance(first, Imported)
    assert isinstance(second, Skipped)


@given(at=st.integers(0, 5000), junk=st.binary(min_size=1, max_size=6))
def test_whatever_is_in_it_nothing_else_goes_wrong(
    at: int, junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = saved(tflow.tflow(resp=True), tflow.twebsocketflow())
    at %= len(data)
    try:
        found = read(data[:at] + junk + data[at + len(junk) :])
        for item in found:
            if isinstance(item, Imported):
                folder = tmp_path_factory.mktemp("flows")
                path = _write.write(item, folder, "x", "mitm", 0, mask=False)
                list(ssetape.open(path).records())
    except SourceError:
        pass


ODD = [None, True, -1, 2**70, 1e400, float("nan"), 1e18, "text", b"\xff", [], {}, [1]]


def places(value: Any) -> Any:
    yield ()
    inner = enumerate(value) if type(value) is list else ()
    for key, each in value.items() if type(value) is dict else inner:
        for place in places(each):
            yield (key, *place)


def with_value(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = with_value(value[place[0]], place[1:], new)
    return copy


def test_values_of_every_type_at_every_place_of_a_flow_are_imported_or_told() -> None:
    for flow in (tflow.tflow(resp=True, err=True), tflow.twebsocketflow()):
        state = tnetstring.load(io.BytesIO(saved(flow)))
        for place in places(state):
            for new in ODD:
                data = tnetstring.dumps(with_value(state, place, new))
                try:
                    found = read(data)
                except SourceError:
                    continue
                for each in found:
                    assert isinstance(each, Skipped | Imported)
