import logging
import threading
from pathlib import Path

import pytest
from mitmproxy import http
from mitmproxy.test import tflow
from proxies import TIMEOUT_S, Client, Exchange, Origin, ended_capture, in_process

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder import crashes

BODY = [b"data: one\n\n", b"data: two\n\n"]


class Raises:
    """Another addon, whose stream function fails at the end; mitmproxy crashes then."""

    def __init__(self) -> None:
        self.has_raised = threading.Event()

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        def stream(data: bytes) -> bytes:
            if not data:
                self.has_raised.set()
                raise NotImplementedError("no end")
            return data

        assert flow.response is not None
        flow.response.stream = stream


def crashing(folder: Path, confdir: Path, url: str, server_left: threading.Event) -> None:
    """Has mitmproxy crash at the end of the response; the client then gives up."""
    other = Raises()
    with (
        in_process(confdir, other, SsetapeRecord(), tape_dir=str(folder)) as port,
        Client(port, url) as client,
    ):
        client.head()
        assert [client.chunk(), client.chunk()] == BODY
        assert other.has_raised.wait(TIMEOUT_S)
        server_left.set()
        client.close()
        ended_capture(folder, url)


@pytest.mark.parametrize("leaves", ["ends", "is cut"])
def test_who_gives_up_after_a_crash_is_not_blamed_for_the_end(
    leaves: str, confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    gone = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.head()
        for chunk in BODY:
            exchange.chunk(chunk)
        exchange.end()
        if leaves == "ends":
            gone.wait(5)

    url = origin.serve(handler)
    crashing(tmp_path, confdir, url, gone)
    capture = ended_capture(tmp_path, url)
    assert [chunk.data for chunk in capture.chunks()] == BODY
    assert capture.end is not None
    assert capture.end.reason == "proxy_failed"
    assert capture.end.error == "mitmproxy has crashed: NotImplementedError: no end"


def test_a_crash_is_known_until_its_connection_is_closed() -> None:
    seen, flow, other = crashes.Crashes(), tflow.tflow(), tflow.tflow()
    other.client_conn.peername = ("127.0.0.1", 1)
    log = logging.getLogger("mitmproxy.proxy.server")
    seen.watch()
    try:
        for error in (ValueError("odd"), AssertionError()):
            try:
                raise error
            except Exception:
                client = {"client": flow.client_conn.peername}
                log.error("mitmproxy has crashed!", exc_info=True, extra=client)
            assert seen.of(other.client_conn) == ""
            words = seen.of(flow.client_conn)
        assert words == "mitmproxy has crashed: AssertionError"
        log.error("no crash", extra={"client": other.client_conn.peername})
        assert seen.of(other.client_conn) == ""
    finally:
        seen.stop()
    seen.forget(flow.client_conn)
    seen.forget(flow.client_conn)
    assert seen.of(flow.client_conn) == ""
    assert seen not in log.handlers
