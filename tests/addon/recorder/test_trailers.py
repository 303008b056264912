import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from h2.events import StreamEnded, TrailersReceived
from http2_peers import Http2Client, Http2Exchange, Http2Origin
from mitmproxy import http
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from proxies import (
    EVENT_STREAM,
    Client,
    Exchange,
    Mitmdump,
    Origin,
    captures,
    ended_capture,
    in_process,
)

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder import trailers
from ssetape.capture import Capture

BODY = [b"data: one\n\n", b"data: two\n\n"]
REQUEST = b"4\r\nbody\r\n0\r\nX-Checksum: abc\r\n\r\n"
CUT = (b"0\r\n", b"X-Check", b"sum: abc\r\nX-Api-Key: do-not-tell\r", b"\n\r\n")


def with_trailers(*end: bytes, fields: tuple[str, ...] = (EVENT_STREAM,)) -> Callable[..., None]:
    """Streams the body, and its end in pieces."""

    def handler(exchange: Exchange) -> None:
        exchange.head(*fields, "Trailer: X-Checksum")
        for chunk in BODY:
            exchange.chunk(chunk)
        for piece in end:
            exchange.send(piece)
            threading.Event().wait(0.02)

    return handler


def assert_complete(capture: Capture, *expected: tuple[str, str]) -> None:
    assert b"".join(chunk.data for chunk in capture.chunks()) == b"".join(BODY)
    assert capture.end is not None
    assert (capture.end.reason, capture.problems) == ("complete", [])
    recorded = [record[2] for record in capture.records() if record[1] == "trailers"]
    assert [tuple(pair) for pairs in recorded for pair in pairs] == list(expected)


@pytest.mark.parametrize("end", [(b"".join(CUT),), CUT], ids=["whole", "in pieces"])
def test_an_http1_response_with_trailers_is_complete_for_the_client_and_in_the_capture(
    end: tuple[bytes, ...], mitmdump: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(with_trailers(*end))
    with Client(mitmdump.port, url) as client:
        client.head()
        assert list(client.chunks()) == BODY
    assert_complete(mitmdump.capture(url), ("X-Checksum", "abc"), ("X-Api-Key", "MASKED"))


def test_both_connections_serve_the_next_request(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    answer = with_trailers(b"".join(CUT))

    def twice(exchange: Exchange) -> None:
        answer(exchange)
        answer(Exchange(exchange.sock))

    url = origin.serve(twice)
    with (
        in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port,
        Client(port, url) as client,
    ):
        client.head()
        assert list(client.chunks()) == BODY
        client.sock.sendall(f"GET {url} HTTP/1.1\r\nHost: origin\r\n\r\n".encode())
        client.head()
        assert list(client.chunks()) == BODY
    assert len(captures(tmp_path)) == 2
    for capture in captures(tmp_path):
        assert_complete(capture, ("X-Checksum", "abc"), ("X-Api-Key", "MASKED"))


def test_a_response_that_mitmproxy_holds_back_has_its_trailers_too(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    url = origin.serve(with_trailers(b"".join(CUT), fields=("Content-Type: text/css",)))
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), tape_all=True) as port:
        with Client(port, url) as client:
            client.head()
            assert b"".join(client.chunks()) == b"".join(BODY)
        assert_complete(
            ended_capture(tmp_path, url), ("X-Checksum", "abc"), ("X-Api-Key", "MASKED")
        )


class OffersHttp2:
    """Another addon, that has mitmproxy speak HTTP/2 with servers whatever the client speaks."""

    def server_connect(self, data: ServerConnectionHookData) -> None:
        data.server.alpn_offers = [b"h2"]


def test_an_http2_response_with_trailers_goes_to_an_http1_client_without_them(
    confdir: Path, http2_origin: Http2Origin, tmp_path: Path
) -> None:
    def handler(exchange: Http2Exchange) -> None:
        exchange.head(("content-type", "text/event-stream"), ("content-length", "22"))
        for chunk in BODY:
            exchange.data(chunk)
        exchange.trailers([("x-checksum", "abc")])

    url = http2_origin.serve(handler)
    with (
        in_process(confdir, SsetapeRecord(), OffersHttp2(), tape_dir=str(tmp_path)) as port,
        Client(port, url) as client,
    ):
        client.head()
        assert client.read(22) == b"".join(BODY)
        assert_complete(ended_capture(tmp_path, url), ("x-checksum", "abc"))


def test_an_http1_response_with_trailers_goes_to_an_http2_client_with_them(
    confdir: Path, tls_origin: Origin, tmp_path: Path
) -> None:
    # Some of these would break the client's whole connection.
    odd = b"0\r\nX-Checksum: abc\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    url = tls_origin.serve(with_trailers(odd))
    authority = tls_origin.url.partition("://")[2]
    options = {"tape_dir": str(tmp_path), "connection_strategy": "lazy"}
    with in_process(confdir, SsetapeRecord(), **options) as port:
        with Http2Client(port, authority) as client:
            client.get(url)
            assert client.data() + client.data() == b"".join(BODY)
            assert dict(client.event(TrailersReceived).headers) == {"x-checksum": "abc"}
            client.event(StreamEnded)
        capture = ended_capture(tmp_path, url)
    assert_complete(
        capture,
        ("X-Checksum", "abc"),
        ("Connection", "close"),
        ("Transfer-Encoding", "chunked"),
    )


def test_an_http1_request_with_trailers_goes_to_an_http1_server_without_them(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    expected, bodies = b"4\r\nbody\r\n0\r\n\r\n", []

    def handler(exchange: Exchange) -> None:
        bodies.append(exchange.read(len(expected)))
        exchange.head()
        exchange.chunk(BODY[0])
        exchange.end()

    url = origin.serve(handler)
    with Client(mitmdump.port, url, "Transfer-Encoding: chunked", method="POST") as client:
        client.sock.sendall(REQUEST)
        client.head()
        assert list(client.chunks()) == BODY[:1]
    assert mitmdump.capture(url).request.body == b"body"
    assert bodies == [expected]


def test_an_http1_request_with_trailers_goes_to_an_http2_server_with_them(
    confdir: Path, http2_origin: Http2Origin, tmp_path: Path
) -> None:
    def handler(exchange: Http2Exchange) -> None:
        exchange.head(("content-type", "text/event-stream"), ("content-length", "11"))
        exchange.data(BODY[0], end_stream=True)

    url = http2_origin.serve(handler)
    with (
        in_process(confdir, SsetapeRecord(), OffersHttp2(), tape_dir=str(tmp_path)) as port,
        Client(port, url, "Transfer-Encoding: chunked", method="POST") as client,
    ):
        client.sock.sendall(REQUEST)
        client.head()
        assert client.read(11) == BODY[0]
        assert ended_capture(tmp_path, url).request.body == b"body"


@pytest.fixture
def as_installed() -> Iterator[None]:
    """mitmproxy's HTTP/1 layer may be changed, and is restored."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_http1, "ChunkedReader", _http1.ChunkedReader)
        for each in (_http1.Http1Connection, _http1.Http1Server, _http1.Http1Client):
            name = "read_body" if each is _http1.Http1Connection else "send"
            patch.setattr(each, name, getattr(each, name))
        yield


def test_a_mitmproxy_that_has_trailers_or_is_changed_already_is_left_alone(
    as_installed: None,
) -> None:
    trailers.install()
    before = _http1.ChunkedReader, _http1.Http1Connection.read_body, _http1.Http1Server.send
    trailers.install()
    assert before == (
        _http1.ChunkedReader,
        _http1.Http1Connection.read_body,
        _http1.Http1Server.send,
    )


def test_a_mitmproxy_of_another_shape_is_left_alone(
    as_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_body() -> None:
        raise NotImplementedError("HTTP trailers are not implemented yet.")

    monkeypatch.setattr(_http1.Http1Connection, "read_body", read_body)
    monkeypatch.delattr(_http1, "ChunkedReader")
    send = _http1.Http1Client.send
    trailers.install()
    assert _http1.Http1Connection.read_body is read_body
    assert _http1.Http1Client.send is send


def test_trailers_of_http2_are_left_as_they_came() -> None:
    response = http.Response.make()
    trailers.make_sendable(response)
    assert not response.trailers
    response.trailers = http.Headers([(b"X-Odd", b"1"), (b"connection", b"x")])
    response.http_version = "HTTP/2.0"
    trailers.make_sendable(response)
    assert response.trailers.fields == ((b"X-Odd", b"1"), (b"connection", b"x"))
    response.http_version = "HTTP/1.1"
    trailers.make_sendable(response)
    assert response.trailers.fields == ((b"x-odd", b"1"),)
