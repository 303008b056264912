"""Says of a flow what a capture says of an exchange, in the words of the format."""

from typing import Any
from urllib.parse import quote

from mitmproxy import ctx, http, version

from ssetape import __version__
from ssetape.format.values import HTTP, WEBSOCKET, Headers
from ssetape.format.writer import CaptureWriter, body_field, capture_name, timestamp
from ssetape.masking.by_place import mask_headers, mask_url

from . import recording as recordings
from . import settings

# In the metadata of flows that captures answer.
REPLAYED = "ssetape_replayed"


def begin(
    flow: http.HTTPFlow, sent: tuple[float, int], head_s: float, kind: str = HTTP
) -> recordings.Recording | None:
    """Create the capture of a flow that has a response, and write the head into it.

    Args:
        sent: when the request was sent: perf_counter seconds, and wall-clock ns.
        head_s: when the head came, perf_counter seconds.

    Returns:
        The recording, or None if it failed after its file was made; that has been told.

    Raises:
        OSError: the file cannot be made.
    """
    response = flow.response
    assert response is not None
    sent_s, sent_wall_ns = sent
    name = capture_name(sent_wall_ns, flow.request.pretty_host, flow.request.path)
    writer = CaptureWriter.create(settings.folder(), name, _header(flow, sent_wall_ns, kind))
    mask = ctx.options.tape_mask == "on"
    recording = recordings.Recording(flow.id, title(flow), writer, sent_s, mask)
    try:
        head = {
            "status": response.status_code,
            "reason": response.data.reason.decode("latin-1"),
            "http_version": response.http_version,
            **headers_fields(response.headers),
        }
        recording.head(head_s, head)
    except Exception as error:  # the file is there already: it has to be closed
        recording.fail(error)
        return None
    return recording


def _header(flow: http.HTTPFlow, sent_wall_ns: int, kind: str) -> dict[str, Any]:
    found = url(flow)
    masked_query: list[str] = []
    if ctx.options.tape_mask == "on":
        found, masked_query = mask_url(found)
    if kind == WEBSOCKET:
        found = found.replace("http", "ws", 1)
    return {
        "id": flow.id,
        "kind": kind,
        "started": timestamp(sent_wall_ns),
        "clock": "monotonic",
        "recorder": f"ssetape/{__version__} mitmproxy/{version.VERSION}",
        "request": {
            "method": flow.request.method,
            "url": found,
            "http_version": flow.request.http_version,
            **headers_fields(flow.request.headers, masked_query),
            "body": body_field(flow.request.raw_content),
        },
    }


def write_trailers(flow: http.HTTPFlow, recording: recordings.Recording, now_s: float) -> None:
    """Write the trailers of a response, if it has any."""
    if flow.response is not None and flow.response.trailers:
        fields = headers_fields(flow.response.trailers)
        recording.trailers(now_s, fields.pop("headers"), fields)


def title(flow: http.HTTPFlow) -> str:
    """Method and URL for the log, where no secret belongs whatever the options say."""
    return f"{flow.request.method} {mask_url(url(flow))[0]}"


def pairs(headers: http.Headers) -> Headers:
    """Headers as captures have them."""
    return [(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers.fields]


def headers_fields(headers: http.Headers, masked_query: list[str] | None = None) -> dict[str, Any]:
    """The fields "headers" and, where anything was masked, "masked" of a request or a head."""
    found = pairs(headers)
    names: list[str] = []
    if ctx.options.tape_mask == "on":
        found, names = mask_headers(found)
    masked = {"headers": names, "query": masked_query}
    marks = {kind: what for kind, what in masked.items() if what}
    return {"headers": found, **({"masked": marks} if marks else {})}


def url(flow: http.HTTPFlow) -> str:
    """The URL as the client meant it, all ASCII: raw bytes of it are percent-encoded."""
    found = flow.request.pretty_url.encode("utf-8", "surrogateescape")
    return quote(found, safe="!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~")
