"""A recorded stream as text: head, events or chunks, and how it ended or that it goes on."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from mitmproxy import http

from ssetape.format.codings import codings
from ssetape.format.values import Chunk, End, Request, Response
from ssetape.output.printable import printable
from ssetape.showing.ends import end_lines, head_lines
from ssetape.showing.rows import chunk_row

from ..recorder import flows
from . import kept
from .excerpt import Excerpt
from .file_end import last_chunks
from .reading import NotRecorded, Reading, Sizes

# Of a body that is not kept, or not read, to its end, so many chunks there are shown.
_LAST_CHUNKS = 200
_MORE = f"{'':>21}  ... more between this and the end: ssetape show "
# A row of a chunk is cut after so many columns.
_CHUNK_COLUMNS = 1000
# Streams that are looked at one after the other, or by several people.
_READINGS = 8


class StreamTexts:
    """Makes the texts, and remembers what it has read of those that it made last.

    Args:
        columns: how wide the window is.
    """

    def __init__(self, columns: Callable[[], int]) -> None:
        self._columns = columns
        self._readings: OrderedDict[str, Reading] = OrderedDict()

    def events(self, flow: http.HTTPFlow) -> str:
        """The text with a row for each event.

        Raises:
            NotRecorded: the flow has no body that was recorded with its times.
        """
        sizes, body, is_live = _body(flow)
        request, head = flows.request(flow), _head(flow)
        reading = self._readings.pop(flow.id, None)
        if reading is None or len(sizes) < reading.fed or not reading.is_to_be_kept:
            reading = Reading(request, head, self._columns())
        reading.read_on(sizes, body, is_live=is_live)
        self._readings[flow.id] = reading
        if len(self._readings) > _READINGS:
            self._readings.popitem(last=False)
        rows = reading.rows.lines()
        if _is_cut(flow, body) or reading.has_stopped:
            rows = [*reading.rows.first_lines(), _MORE + _capture(flow)]
            if not codings(head.headers):  # else its end could only be read from the beginning
                last = _last(flow, sizes, body)
                rows += _events_of(last, request, head, self._columns(), is_live=is_live)
        return _text(flow, request, head, [*rows, *reading.remarks()])

    def chunks(self, flow: http.HTTPFlow) -> str:
        """The text with a row for each chunk; raises NotRecorded as `events` does."""
        sizes, body, _ = _body(flow)
        head = _head(flow)
        rows = _rows_of(_chunks(sizes, body), head.t_s)
        lines = rows.lines()
        if _is_cut(flow, body):
            last = _last(flow, sizes, body)
            lines = [*rows.first_lines(), _MORE + _capture(flow)]
            lines += _rows_of(last[1:], last[0].t_s).lines() if last else []
        return _text(flow, flows.request(flow), head, lines)


def has_body(flow: Any) -> bool:
    """Whether a flow has the body that was recorded with its times, and not an edited one."""
    record = getattr(flow, "metadata", {}).get(flows.RECORDED)
    if not isinstance(record, dict) or "chunks" not in record or flow.response is None:
        return False
    # With `store_streamed_bodies` mitmproxy itself keeps all that came.
    sizes = sum(size for _, size in record["chunks"]), record["size_bytes"]
    return len(flow.response.raw_content or b"") in sizes


def _body(flow: http.HTTPFlow) -> tuple[Sizes, bytes, bool]:
    """The times and sizes of a flow's chunks, their bytes, and whether more were to come."""
    found = kept.live.get(flow.id)
    rest = b""
    if found is not None:
        found.publish()
        rest = found.rest
    if not has_body(flow) or flow.response is None:
        raise NotRecorded("ssetape has not recorded this body")
    record = flow.metadata[flows.RECORDED]
    sizes = record["chunks"]
    body = (flow.response.raw_content or b"") + rest
    if rest:
        t_s, size = sizes[-1]
        sizes = [*sizes[:-1], (t_s, size + len(rest))]
    return sizes, body[: sum(size for _, size in sizes)], "end" not in record


def _head(flow: http.HTTPFlow) -> Response:
    assert flow.response is not None
    head_s = float(flow.metadata[flows.RECORDED]["head_s"])
    return flows.response(flow.response, head_s, flow.metadata.get(flows.RECEIVED))


def _is_cut(flow: http.HTTPFlow, body: bytes) -> bool:
    """Whether more came than is kept."""
    return bool(flow.metadata[flows.RECORDED]["size_bytes"] > len(body))


def _capture(flow: http.HTTPFlow) -> str:
    return str(flow.metadata[flows.RECORDED]["capture"])


def _last(flow: http.HTTPFlow, sizes: Sizes, body: bytes) -> list[Chunk]:
    """The last chunks that came: if they are not kept, those in the file."""
    if _is_cut(flow, body):
        return last_chunks(_capture(flow))[-_LAST_CHUNKS:]
    return _chunks(sizes[-_LAST_CHUNKS:], body)


def _chunks(sizes: Sizes, body: bytes) -> list[Chunk]:
    """The chunks of these sizes at the end of a body."""
    chunks, end = [], len(body)
    for t_s, size in reversed(sizes):
        chunks.append(Chunk(t_s, body[end - size : end]))
        end -= size
    return chunks[::-1]


def _events_of(
    chunks: list[Chunk], request: Request, head: Response, columns: int, *, is_live: bool
) -> list[str]:
    """Rows of the events in a body's last chunks; the first may be cut, and is left out."""
    if not chunks:
        return []
    reading = Reading(request, Response(chunks[0].t_s, head.status, "", "", head.headers), columns)
    sizes = [(t_s, len(data)) for t_s, data in chunks]
    reading.read_on(sizes, b"".join(data for _, data in chunks), is_live=is_live)
    return reading.rows.lines()[1:]


def _rows_of(chunks: list[Chunk], before_s: float) -> Excerpt:
    rows = Excerpt()
    for chunk in chunks:
        rows.add(partial(chunk_row, chunk, before_s, _CHUNK_COLUMNS))
        before_s = chunk.t_s
    return rows


def _text(flow: http.HTTPFlow, request: Request, head: Response, rows: list[str]) -> str:
    return "\n".join(map(printable, [*head_lines(request, head), *rows, *_ending(flow)]))


def _ending(flow: http.HTTPFlow) -> list[str]:
    """How it ended, or that it goes on."""
    record = flow.metadata[flows.RECORDED]
    end = record.get("end")
    if end is None:  # a copy, in the list or in a file, grows no more
        return [f"{'':>21}  {'going on' if flow.id in kept.live else 'went on when it was copied'}"]
    return end_lines(
        End(
            end["t_s"],
            end["reason"],
            end.get("error"),
            altered=bool(record.get("altered")),
            faults=tuple(record.get("faults", ())),
        )
    )
