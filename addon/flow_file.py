"""Reads the flow files of mitmproxy (`mitmdump -w FILE`), from 0.10 on. TCP and DNS are skipped.

A flow has its body in one piece with the times of its start and end; a WebSocket's flow has each
message with its time. Where a recorder has noted the times of the chunks, those count.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

from mitmproxy import exceptions, http, websocket
from mitmproxy.flow import Flow
from mitmproxy.io import compat, tnetstring

from ssetape.errors import SourceError
from ssetape.format import bounds
from ssetape.format.values import COMPLETE, HTTP, WEBSOCKET, Chunk, Close, End, Message
from ssetape.imports._exchange import (
    BYTES_EXACT,
    TIMES_CHUNKS,
    TIMES_ENDS,
    TIMES_NONE,
    Given,
    Imported,
    Skipped,
)
from ssetape.recording import reasons

from . import flow_times
from .flow_times import FlowTimes
from .old_flows import mended, old_flow
from .recorder import flows as exchanges


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the exchanges in a flow file; raises SourceError."""
    flows = _flows(data)
    number = 0
    while True:
        number += 1
        place = f"flow {number}"
        try:
            flow = next(flows, None)
        except exceptions.FlowReadException as error:
            words = f"not a flow file, or cut short: {error}"
            if number == 1:
                raise SourceError(words) from error
            yield Skipped(place, words)
            return
        except Exception as error:  # a damaged file can raise anything within mitmproxy
            raise SourceError(f"{place}: mitmproxy cannot read it: {error!r:.200}") from error
        if flow is None:
            return
        if not isinstance(flow, http.HTTPFlow):
            yield Skipped(place, f"expected an HTTP flow, found kind {flow.type}")
            continue
        try:
            if flow.websocket is None and "websocket" in flow.metadata:
                continue  # a handshake of before version 12: it comes again with its messages
            yield _imported(flow)
        except SourceError as error:
            yield Skipped(place, str(error))
        except Exception as error:  # mitmproxy checks hardly any types
            yield Skipped(place, f"the flow is malformed: {error!r:.200}")


def _flows(data: bytes) -> Iterator[Flow]:
    """Yield the flows of a file of any version, as mitmproxy's own reader does of most."""
    file = BytesIO(data)
    while file.tell() < len(data):
        try:
            state = tnetstring.load(file)
            if not isinstance(state, dict):
                raise ValueError("a record of it is no flow")
        except (ValueError, TypeError, IndexError) as error:
            raise exceptions.FlowReadException(str(error)) from error
        try:
            old = old_flow(state)
            yield old or Flow.from_state(mended(compat.migrate_flow(state)))
        except ValueError as error:  # such as a version that is newer than this mitmproxy
            raise exceptions.FlowReadException(str(error)) from error


def _imported(flow: http.HTTPFlow) -> Imported:
    asked, got = flow.request, flow.response
    if got is None and flow.websocket is not None:
        raise SourceError("a WebSocket whose handshake is not in the file, or was before")
    if got is None:
        raise SourceError(f"{exchanges.title(flow)}: has no response")
    if got.raw_content is None and flow.websocket is None:
        raise SourceError(
            f"{exchanges.title(flow)}: mitmproxy streamed the body and kept none of it"
        )
    sent_s = asked.timestamp_end or asked.timestamp_start
    has_times = bool(sent_s and got.timestamp_start)
    head_s = max(0.0, got.timestamp_start - sent_s) if has_times else 0.0
    end_s = max(head_s, (got.timestamp_end or 0.0) - sent_s) if has_times else 0.0
    body = got.raw_content or b""
    end = _end(flow, end_s)
    found = Imported(
        request=exchanges.request(flow, HTTP if flow.websocket is None else WEBSOCKET),
        response=exchanges.response(got, head_s),
        end=end,
        times=TIMES_ENDS if has_times else TIMES_NONE,
        bytes=BYTES_EXACT,
        chunks=[Chunk(end_s, body)] if body else [],
        started_ns=_started_ns(flow, sent_s) if sent_s else None,
    )
    if flow.websocket is not None:
        _add_messages(found, flow.websocket, sent_s, end)
    if (noted := flow_times.of(flow)) is not None:
        _set_times(found, noted, is_over=bool(got.timestamp_end or flow.error))
    return found


def _set_times(found: Imported, noted: FlowTimes, *, is_over: bool) -> None:
    """Replace mitmproxy's times by those of the recorder."""
    assert found.response is not None
    found.response = replace(found.response, t_s=noted.head_s)
    found.times = TIMES_CHUNKS
    found.was_stream = True
    found.chunks = noted.chunks
    for number, t_s in enumerate(noted.messages_s or []):
        found.messages[number] = found.messages[number]._replace(t_s=t_s)
    if noted.end is not None:
        found.end = replace(noted.end, close=found.end.close if found.end else None)
    elif not is_over:
        found.end = None  # it was saved while it ran
    if noted.lost_bytes:
        part = "its end" if noted.messages_s is None else "its first messages"
        found.notes.append(f"the flow file lacks {noted.lost_bytes} bytes, {part}")
        if noted.messages_s is None and found.end is not None:
            words = f"ended as {found.end.reason}; the flow file lacks {noted.lost_bytes} bytes"
            found.end = End(found.end.t_s, reasons.LIMIT_REACHED, error=words)
    if noted.altered:
        found.end_details["altered"] = True


def _started_ns(flow: http.HTTPFlow, sent_s: float) -> int:
    started_ns = bounds.ns_of(sent_s)
    if started_ns is None:
        raise SourceError(
            f"{exchanges.title(flow)}: expected a time from 1970 to {bounds.LATEST_YEAR}, "
            f"found {sent_s} s"
        )
    return started_ns


def _add_messages(
    found: Imported, socket: websocket.WebSocketData, sent_s: float, end: End
) -> None:
    found.kind = WEBSOCKET
    found.chunks = []
    found.times = TIMES_CHUNKS
    for message in socket.messages:
        t_s = max(0.0, message.timestamp - sent_s)
        found.messages.append(Message(t_s, message.from_client, message.is_text, message.content))
    end_s = max([end.t_s, *(message.t_s for message in found.messages)])
    if socket.timestamp_end:
        end_s = max(end_s, socket.timestamp_end - sent_s)
    close = None
    if socket.close_code:
        by_client = bool(socket.closed_by_client)
        close = Close(int(socket.close_code), socket.close_reason or "", by_client)
    found.end = End(end_s, end.reason, error=end.error, close=close)


def _end(flow: http.HTTPFlow, end_s: float) -> End:
    if flow.error is None:
        return End(end_s, COMPLETE)
    by_client = "client" in flow.error.msg.lower()
    reason = reasons.CLIENT_CLOSED if by_client else reasons.UPSTREAM_CUT
    return End(end_s, reason, error=flow.error.msg)
