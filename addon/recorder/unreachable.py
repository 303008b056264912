"""Names the servers that cannot be reached, and the clients that do not trust the proxy.

mitmproxy says so in its own log or not at all, and answers with a page of HTML. Here the log says
it once a reason, `unrecorded` counts it, and the client of a proxy gets a 502 whose JSON says what
could not be reached, why, and what to check: SDKs show the `message` of such an error.
"""

import json
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from mitmproxy import http, tls
from mitmproxy.proxy import layers, server_hooks
from mitmproxy.utils import human

from ssetape.recording import reasons
from ssetape.recording.log import logger
from ssetape.recording.unreachable import NOT_TRUSTED, trouble
from ssetape.recording.unrecorded import Failure, unrecorded

from . import flows

# Names that another mitmproxy may not have: each is looked up where that is caught.
_layers: Any = layers.http
# What mitmproxy says where the client has left before the connection was there.
_CLIENT_LEFT = "connection cancelled"
_NO_TRUST = ("The client does not trust", "The client may not trust")

# Where a connection was made and no answer came: by the reason why that ended.
_NO_ANSWER = {
    reasons.CLIENT_CLOSED: "the client left before it came",
    reasons.CLIENT_RESET: "the client left before it came",
    reasons.IDLE_TIMEOUT: "the proxy gave up waiting for it",
    reasons.PROXY_SHUTDOWN: "the recorder stopped before it came",
    reasons.UPSTREAM_CUT: "the server closed the connection instead",
    reasons.UPSTREAM_RESET: "the server reset the request",
}
# Nothing to look into, and common with browsers.
_USUAL = {reasons.CLIENT_CLOSED, reasons.CLIENT_RESET, reasons.PROXY_SHUTDOWN}


class Unreachable:
    """The addon. Its hooks are in the order in which a connection is made."""

    def load(self, loader: object) -> None:
        install()

    def tls_failed_client(self, data: tls.TlsData) -> None:
        if data.conn.error and data.conn.error.startswith(_NO_TRUST):
            host = data.conn.sni or human.format_address(data.context.server.address)
            fail(host, *NOT_TRUSTED)

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        error = data.server.error or ""
        if error != _CLIENT_LEFT:
            fail(human.format_address(data.server.address), *trouble(error))

    def tls_failed_server(self, data: tls.TlsData) -> None:
        if data.conn.error:
            address = getattr(data.conn, "address", None)
            fail(human.format_address(address), *trouble(data.conn.error))


def no_answer(flow: http.HTTPFlow, reason: str) -> None:
    """Count a request that ended without an answer, for a reason that recordings have, too.

    Where there was no connection, the hooks above have counted that.
    """
    server = flow.server_conn
    if flows.is_made_here(flow) or flows.is_loaded(flow):
        return
    if server.error or not server.timestamp_tcp_setup:
        return
    error = flow.error.msg if flow.error else ""
    address = human.format_address((flow.request.host, flow.request.port))
    fail(address, _NO_ANSWER.get(reason) or error or reason, is_usual=reason in _USUAL)


def fail(address: str, reason: str, advice: str = "", *, is_usual: bool = False) -> None:
    """Count an answer that did not come, and log the first of its kind, unless it is usual."""
    failure = Failure(address, reason, advice)
    if unrecorded.add_failure(failure) and not is_usual:
        logger.warning(f"ssetape: no answer from {failure}")


def install() -> None:
    """Let mitmproxy answer in JSON where it cannot connect, unless it is not known here."""
    try:
        stream = _layers.HttpStream
        changed = _answering(stream.handle_protocol_error)
    except AttributeError:
        return  # another mitmproxy: it answers in its own words
    stream.handle_protocol_error = changed


def answer(request: http.Request, error: str) -> http.Response:
    """The answer to a request that the server does not answer."""
    address = human.format_address((request.host, request.port))
    message = f"ssetape: no answer from {Failure(address, *trouble(error))}"
    body = json.dumps({"error": {"type": "ssetape_unreachable", "message": message}})
    headers = {"content-type": "application/json"}
    if not (request.is_http2 or request.is_http3):
        # On the same connection mitmproxy would not try again to reach the server.
        headers["connection"] = "close"
    return http.Response.make(502, f"{body}\n", headers)


def _answering(handle: Callable[[Any, Any], Iterator[Any]]) -> Any:
    """`handle_protocol_error`, with an answer of ours where the server gives none."""
    if hasattr(handle, "__wrapped__"):
        return handle  # installed already
    codes = _layers.ErrorCode
    failed = (codes.CONNECT_FAILED, codes.GENERIC_SERVER_ERROR)
    headers, data, end = _layers.ResponseHeaders, _layers.ResponseData, _layers.ResponseEndOfMessage
    send = _layers.SendHttp

    @wraps(handle)
    def handling(self: Any, event: Any) -> Iterator[Any]:
        is_whole = self.client_state == self.state_done  # the request
        is_ours = is_whole and self.flow.response is None and event.code in failed
        for command in handle(self, event):
            if not (is_ours and isinstance(command, send) and command.event is event):
                yield command
                continue
            said = answer(self.flow.request, event.message)
            client, stream = self.context.client, self.stream_id
            yield send(headers(stream, said, False), client)
            yield send(data(stream, said.content), client)
            yield send(end(stream), client)

    return handling
