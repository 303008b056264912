"""Records ordinary responses, as mitmproxy has them once they are over (option `tape_all`).

Nothing changes in how they pass: mitmproxy holds such a body until it is whole, and that is the
one chunk that its capture has.
"""

import logging
from typing import Any

from mitmproxy import http

from . import ends, flows
from .clock import Clock

logger = logging.getLogger("ssetape")

# A body is one line of a file, and while that is written the proxy does nothing else. Readers
# take lines of up to 256 MiB, and base64 is a third longer than what it stands for.
BODY_LIMIT_BYTES = 64 * 1024 * 1024


def record(flow: http.HTTPFlow, moments: Clock, now_s: float) -> None:
    """Write the capture of a response that is complete; raises OSError.

    Args:
        now_s: when it was complete, perf_counter seconds.
    """
    response = flow.response
    assert response is not None
    if response.status_code == 101:
        return  # what follows is another protocol
    body = response.raw_content
    if body is None:
        _leave_out(flow, "it was streamed past the recorder, as stream_large_bodies may want it")
        return
    if len(body) > BODY_LIMIT_BYTES:
        _leave_out(flow, f"its {len(body)} bytes are more than {BODY_LIMIT_BYTES}")
        return
    head_s = moments.head_at(flow.id, now_s)
    recording = flows.begin(flow, moments.sent_at(flow, head_s), head_s)
    if recording is None:
        return
    if body:
        recording.chunk(now_s, body)
    flows.write_trailers(flow, recording, now_s)
    recording.finish(now_s, ends.KILLED if flow.error else ends.COMPLETE)


def record_cut(
    flow: http.HTTPFlow, moments: Clock, now_s: float, reason: str, details: dict[str, Any]
) -> None:
    """Write the capture of a response that failed after its head; raises OSError.

    Of its body mitmproxy gives nothing out.
    """
    head_s = moments.head_at(flow.id, now_s)
    recording = flows.begin(flow, moments.sent_at(flow, head_s), head_s)
    if recording is not None:
        recording.finish(now_s, reason, **details)


def _leave_out(flow: http.HTTPFlow, why: str) -> None:
    logger.warning(f"ssetape: did not record {flows.title(flow)}: {why}")
