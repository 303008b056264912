"""Whatever keeps an answer from coming is named, in the log, in the count and to clients."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy.test import tflow
from proxies import Client, Exchange, Origin, in_process

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder import unreachable
from ssetape.recording.unrecorded import unrecorded

in_json = pytest.mark.skipif(
    not hasattr(unreachable._layers, "ErrorCode"), reason="this mitmproxy answers in its own words"
)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    unrecorded.clear()
    yield
    unrecorded.clear()


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def ask(port: int, url: str) -> tuple[int, str]:
    """The status, and the message of a JSON error."""
    with Client(port, url) as client:
        status = client.head()
        size = int(client.headers["content-length"])
        return status, json.loads(client.read(size))["error"]["message"]


@in_json
def test_a_server_that_refuses_is_named_to_the_client_and_counted(
    confdir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"http://127.0.0.1:{closed_port()}/x"
    address = url[7:-2]
    with in_process(
        confdir, unreachable.Unreachable(), SsetapeRecord(), tape_dir=str(tmp_path)
    ) as port:
        answers = [ask(port, url) for _ in range(2)]
    words = f"no answer from {address}: connection refused; check that the server runs"
    assert {status for status, _ in answers} == {502}
    assert all(message.startswith(f"ssetape: {words}") for _, message in answers)
    ((failure, count),) = unrecorded.failures.items()
    assert (failure.address, failure.reason, count) == (address, "connection refused", 2)
    assert caplog.text.count(words) == 1  # counted after that, not repeated


@in_json
def test_a_server_that_closes_without_an_answer_is_named(
    confdir: Path, tmp_path: Path, origin: Origin
) -> None:
    def closes(exchange: Exchange) -> None:
        pass

    url = origin.serve(closes)
    with in_process(
        confdir, unreachable.Unreachable(), SsetapeRecord(), tape_dir=str(tmp_path)
    ) as port:
        status, message = ask(port, url)
    assert (status, "server closed connection" in message) == (502, True)
    ((failure, count),) = unrecorded.failures.items()
    assert (failure.reason, count) == ("the server closed the connection instead", 1)


def test_a_client_that_leaves_is_counted_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    flow = tflow.tflow(err=True)
    for _ in range(2):
        unreachable.no_answer(flow, "client_closed")
    ((failure, count),) = unrecorded.failures.items()
    assert (failure.reason, count, caplog.text) == ("the client left before it came", 2, "")


def test_to_install_it_twice_changes_nothing_more() -> None:
    unreachable.install()
    stream = unreachable._layers.HttpStream
    installed = stream.handle_protocol_error
    unreachable.install()
    assert stream.handle_protocol_error is installed


def test_an_answer_over_http2_has_no_header_of_a_connection() -> None:
    request = tflow.tflow().request
    assert unreachable.answer(request, "x").headers["connection"] == "close"
    request.http_version = "HTTP/2.0"
    assert "connection" not in unreachable.answer(request, "x").headers
