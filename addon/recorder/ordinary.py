"""Records ordinary responses once they are complete (option `tape_all`).

They pass as they would without this addon: mitmproxy holds such a body until it is whole, and the
capture has it as one chunk.
"""

from typing import Any

from mitmproxy import http

from ssetape.recording.log import logger
from ssetape.recording.unrecorded import unrecorded

from . import ends, flows
from .clock import Clock

# A body is one line of the file, and while it is written the proxy does nothing else. Readers
# accept lines of up to 256 MiB, and base64 makes a body a third longer.
BODY_LIMIT_BYTES = 64 * 1024 * 1024


def record(flow: http.HTTPFlow, moments: Clock, now_s: float) -> None:
    """Write the capture of a response that is complete; raises OSError.

    Args:
        now_s: when it was complete, perf_counter seconds.
    """
    response = flow.response
    assert response is not None
    if response.status_code == 101:
        protocol = response.headers.get("upgrade", "which it does not name")
        _skip(flow, f"another protocol follows ({protocol:.100})")
        return
    body = response.raw_content
    if body is None:
        _skip(flow, "its body was streamed past the recorder, perhaps due to stream_large_bodies")
        return
    if len(body) > BODY_LIMIT_BYTES:
        _skip(flow, f"its body has {len(body)} bytes, more than {BODY_LIMIT_BYTES}")
        return
    head_s = moments.head_at(flow.id, now_s)
    recording = flows.begin(flow, moments.sent_at(flow, head_s), head_s)
    if recording is None:
        return
    if body:
        recording.chunk(now_s, body)
    flows.write_trailers(flow, recording, now_s)
    reason, details = ends.of_whole(response.status_code, bool(flow.error))
    recording.finish(now_s, reason, **details)


def record_cut(
    flow: http.HTTPFlow, moments: Clock, now_s: float, reason: str, details: dict[str, Any]
) -> None:
    """Write the capture of a response that failed after its head; raises OSError.

    It has no body: mitmproxy passes on no part of it.
    """
    head_s = moments.head_at(flow.id, now_s)
    recording = flows.begin(flow, moments.sent_at(flow, head_s), head_s)
    if recording is not None:
        recording.finish(now_s, reason, **details)


def count(response: http.Response | None, *, is_excluded: bool) -> None:
    """Count a response that is not recorded: because of the filter, or as it does not stream."""
    if response is None or response.status_code == 101:
        return
    if is_excluded:
        unrecorded.excluded += 1
    else:
        unrecorded.add_ordinary(response.headers.get("content-type", ""), response.status_code)


def _skip(flow: http.HTTPFlow, why: str) -> None:
    logger.warning(f"ssetape: did not record {flows.title(flow)}: {why}")
