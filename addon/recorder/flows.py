"""Translates a mitmproxy flow into the capture format."""

import secrets
from functools import cache

from mitmproxy import http, version
from mitmproxy.connection import ConnectionState
from mitmproxy.flow import Error

from ssetape import __version__
from ssetape.format import encode, sendable
from ssetape.format.values import HTTP, WEBSOCKET, Headers, Request, Response
from ssetape.format.writer import CaptureWriter
from ssetape.masking.by_place import mask_headers, mask_request, mask_response, mask_url
from ssetape.masking.files import user_salt
from ssetape.recording import run
from ssetape.recording.log import logger
from ssetape.recording.naming import capture_name

from . import ends, settings
from .flow_recording import FlowRecording, begun

# Metadata keys of flows that are answered here: from captures, to a browser itself, by a fault.
REPLAYED = "ssetape_replayed"
BROWSERS_OWN = "ssetape_browsers_own"
REFUSED = "ssetape_refused"
# And of the headers as the server sent them, where another addon has changed them: as in a capture,
# since mitmproxy's flow files cannot hold its own kind of headers there.
RECEIVED = "ssetape_received"
# And of what mitmproxy's windows show of a recording, a dictionary: flow files keep it.
RECORDED = "ssetape"
# By ALPN: protocols in which streams can be reset one by one.
MULTIPLEXING = (b"h2", b"h3")


def begin(
    flow: http.HTTPFlow, sent: tuple[float, int], head_s: float, kind: str = HTTP
) -> FlowRecording | None:
    """Create the capture of a flow that has a response, and write the head into it.

    Args:
        sent: when the request was sent: perf_counter seconds, and wall-clock ns.
        head_s: when the head arrived, perf_counter seconds.

    Returns:
        The recording, or None if writing the head failed, which is logged.

    Raises:
        OSError: the file cannot be created.
    """
    assert flow.response is not None
    sent_s, sent_wall_ns = sent
    mask = settings.is_masking()
    asked = request(flow, kind)
    place = run.place(sent_s, flow.client_conn.id)
    if mask:
        unmasked, asked = asked, mask_request(asked)
        received = flow.metadata.get(RECEIVED) or pairs(flow.response.headers)
        ids = run.masked_ids(unmasked, asked.masked_query, received, _salt())
        place = {**place, "ids": ids} if ids else place
    header = encode.header(
        asked,
        id=flow.id,
        kind=kind,
        started_ns=sent_wall_ns,
        clock="monotonic",
        recorder=f"ssetape/{__version__} mitmproxy/{version.VERSION}",
        run=place,
    )
    name = capture_name(sent_wall_ns, asked.url)
    writer = CaptureWriter.create(settings.folder(), name, header)
    flow.metadata[RECORDED] = {"capture": str(writer.path)}
    recording = FlowRecording(flow.id, title(flow), writer, sent_s, mask)
    try:
        answer = response(flow.response, head_s - sent_s, flow.metadata.get(RECEIVED))
        recording.head(mask_response(answer) if mask else answer)
        _warn_of_no_replay(asked, answer, recording.title, kind)
        begun(flow, recording, answer.t_s)
    except Exception as error:  # the file exists by now, and has to be closed
        recording.fail(error)
        return None
    return recording


def _warn_of_no_replay(asked: Request, answer: Response, title: str, kind: str) -> None:
    """Log why the capture will not be replayed, if it will not be."""
    problem = sendable.request_problem(asked) or sendable.problem(
        sendable.response(answer), is_websocket=kind == WEBSOCKET
    )
    if problem is not None:
        logger.warning(f"ssetape: {title}: recorded, but it cannot be replayed: {problem}")


@cache
def _salt() -> bytes:
    """That of the masking of bodies; if it cannot be read, one for this run."""
    try:
        return user_salt()
    except OSError:
        return secrets.token_bytes(32)


def write_trailers(flow: http.HTTPFlow, recording: FlowRecording, now_s: float) -> None:
    """Write the trailers of a response, if it has any."""
    if flow.response is not None and flow.response.trailers:
        headers = pairs(flow.response.trailers)
        masked: list[str] = []
        if settings.is_masking():
            headers, masked = mask_headers(headers)
        recording.trailers(now_s, headers, encode.marks(headers=masked))


def circumstances(
    flow: http.HTTPFlow, *, shutting_down: bool, idle_s: float, has_crashed: bool
) -> ends.Circumstances:
    """The facts at the moment when mitmproxy reports that a flow ended with an error."""
    client, server = flow.client_conn, flow.server_conn
    return ends.Circumstances(
        message=flow.error.msg if flow.error else "",
        client_connected=client.state is ConnectionState.OPEN,
        server_connected=server.state is ConnectionState.OPEN,
        client_multiplexes=client.alpn in MULTIPLEXING,
        server_multiplexes=server.alpn in MULTIPLEXING,
        shutting_down=shutting_down,
        idle_s=idle_s,
        idle_limit_s=settings.idle_limit_s(),
        has_crashed=has_crashed,
    )


def is_made_here(flow: http.HTTPFlow) -> bool:
    """Whether the answer does not come from a server."""
    return any(flow.metadata.get(key) for key in (REPLAYED, BROWSERS_OWN, REFUSED))


def is_loaded(flow: http.HTTPFlow) -> bool:
    """Whether a flow in a hook is from a file: mitmproxy calls all hooks for those, too."""
    is_killed = flow.error is not None and flow.error.msg == Error.KILLED_MESSAGE
    return not flow.live and not is_killed


def may_have_body(flow: http.HTTPFlow) -> bool:
    """Whether a body may follow the head (RFC 9110, section 6.4.1)."""
    response = flow.response
    return not (
        response is None or flow.request.method == "HEAD" or response.status_code in (101, 204, 304)
    )


def is_answered_here(flow: http.HTTPFlow) -> bool:
    """Whether the proxy itself answers, as with `map_local`, `-S` or a script, or has answered.

    As the head comes, the body is there with it, and mitmproxy streams none of it.
    """
    response = flow.response
    has_body = response is not None and response.raw_content is not None
    return has_body or flow.is_replay == "response" or is_loaded(flow)


def title(flow: http.HTTPFlow) -> str:
    """Method and URL for the log, always masked: the log must not contain secrets."""
    return f"{flow.request.method} {mask_url(url(flow))[0]}"


def pairs(headers: http.Headers) -> Headers:
    """Headers as in a capture."""
    return [(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers.fields]


def request(flow: http.HTTPFlow, kind: str = HTTP) -> Request:
    """The request, unmasked."""
    found = flow.request
    address = url(flow)
    if kind == WEBSOCKET:
        address = address.replace("http", "ws", 1)
    return Request(
        found.method,
        address,
        found.http_version,
        pairs(found.headers),
        found.raw_content or None,
    )


def response(found: http.Response, t_s: float, received: Headers | None = None) -> Response:
    """The response head, unmasked.

    Args:
        t_s: when it arrived, in seconds since the request.
        received: its headers as the server sent them, if those are others by now.
    """
    reason = found.data.reason.decode("latin-1")
    headers = pairs(found.headers) if received is None else received
    return Response(t_s, found.status_code, reason, found.http_version, headers)


def url(flow: http.HTTPFlow) -> str:
    """The URL that the client meant, in ASCII: other bytes are percent-encoded."""
    return encode.ascii_url(flow.request.pretty_url.encode("utf-8", "surrogateescape"))
