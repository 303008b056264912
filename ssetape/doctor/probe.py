"""Requests a URL and notes when each piece arrives, with nothing in between that buffers."""

import http
import http.client
import ssl
import time
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ssetape.doctor.bot_checks import BEGINNING_BYTES
from ssetape.doctor.responses import ProbedResponse
from ssetape.errors import SsetapeError
from ssetape.format.values import Headers
from ssetape.messages.decoding import BodyDecoder
from ssetape.sse import EventStreamParser

_READ_BYTES = 1 << 16


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes | None = None,
    watch_s: float = 10.0,
    proxy: str | None = None,
    bodies: list[bytes] | None = None,
) -> ProbedResponse:
    """Request a URL; return the response as received, with what went wrong in its `error`.

    Args:
        url: http or https.
        headers: sent in addition to Accept and Accept-Encoding, or in place of them.
        watch_s: how long to watch the response, in seconds, and the timeout for its head.
        proxy: the URL of a proxy to use, for an http URL.
        bodies: gets the pieces of the body.
    """
    parts = urlsplit(url)
    asked = urlsplit(proxy) if proxy else parts
    target = url if proxy else (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Accept": "text/event-stream", "Accept-Encoding": "gzip, deflate, br, zstd"}
    given = {name.lower() for name, _ in headers}
    fields = [(name, value) for name, value in sent.items() if name.lower() not in given]
    fields += headers
    head_s, status, http_version, received = 0.0, 0, "1.1", Headers()
    arrivals: list[tuple[float, int]] = []
    content = _Body()
    ended, error = False, ""
    connection = _connection(asked.scheme, asked.hostname or "", asked.port, watch_s)
    interim: list[int] = []
    connection.response_class = partial(_Response, interim)  # type: ignore[assignment]
    sent_s = time.monotonic()
    try:
        connection.connect()
        sock = connection.sock
        connection.putrequest(
            method,
            target,
            skip_host="host" in given,
            skip_accept_encoding=True,
        )
        for name, value in fields:
            connection.putheader(name, value)
        if body is not None and "content-length" not in given:
            connection.putheader("Content-Length", str(len(body)))
        sent_s = time.monotonic()
        connection.endheaders(body)
        response = connection.getresponse()
        head_s = time.monotonic() - sent_s
        status, received = response.status, response.getheaders()
        http_version = "1.0" if response.version == 10 else "1.1"
        content.begin(received)
        while (left_s := watch_s - (time.monotonic() - sent_s)) > 0:
            sock.settimeout(left_s)
            data = response.read1(_READ_BYTES)
            if not data:
                ended = True
                break
            arrivals.append((time.monotonic() - sent_s, len(data)))
            content.feed(data)
            if bodies is not None:
                bodies.append(data)
    except TimeoutError:
        if not status:
            error = f"no response head within {watch_s:g} s"
    except (OSError, http.client.HTTPException, ValueError) as raised:
        error = f"{method} {url}: {raised or type(raised).__name__}"
    finally:
        connection.close()
    return ProbedResponse(
        status=status,
        interim=tuple(interim),
        http_version=http_version,
        headers=received,
        head_s=head_s,
        arrivals=tuple(arrivals),
        beginning=bytes(content.beginning),
        events=content.events,
        ended=ended,
        watched_s=time.monotonic() - sent_s,
        error=error,
    )


def _connection(
    scheme: str, host: str, port: int | None, timeout_s: float
) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, port, timeout=timeout_s)


class _Response(http.client.HTTPResponse):
    """A response that notes the interim ones before it; http.client skips 100 and takes others."""

    def __init__(self, interim: list[int], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._interim = interim

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            self._interim.append(status)
            http.client.parse_headers(self.fp)


class _Body:
    """Counts the events of a body, None if it cannot be decoded, and keeps its beginning."""

    def __init__(self) -> None:
        self.events: int | None = 0
        self.beginning = bytearray()
        self._parser = EventStreamParser()
        self._decoder: BodyDecoder | None = None

    def begin(self, headers: Headers) -> None:
        try:
            self._decoder = BodyDecoder(headers)
        except SsetapeError:
            self.events = None

    def feed(self, data: bytes) -> None:
        if self.events is None or self._decoder is None:
            return
        try:
            for piece in self._decoder.feed(data):
                self.beginning += piece[: BEGINNING_BYTES - len(self.beginning)]
                self.events += len(self._parser.feed(piece))
        except SsetapeError:
            self.events = None
