"""Writes exchanges that another tool captured as captures."""

import uuid
from dataclasses import replace
from pathlib import Path

from ssetape import __version__
from ssetape.editing import written
from ssetape.errors import SourceError
from ssetape.format import bounds, encode
from ssetape.format.values import WEBSOCKET, Chunk, Request
from ssetape.format.writer import CaptureWriter
from ssetape.imports._address import with_ascii_host
from ssetape.imports._exchange import Imported
from ssetape.masking.by_place import mask_request, mask_response
from ssetape.masking.files import mask_capture, user_salt
from ssetape.messages.detection import is_stream
from ssetape.recording.naming import capture_name


def is_streamed(found: Imported) -> bool:
    """Whether the recorder would record this exchange by default."""
    if found.kind == WEBSOCKET or found.response is None or found.was_stream:
        return True
    return is_stream(found.response.headers)


def shown_url(found: Imported, mask: bool) -> str:
    """The URL as the capture will have it."""
    return _request(found, mask).url


def write(found: Imported, folder: Path, source: str, form: str, file_ns: int, mask: bool) -> Path:
    """Write an exchange as a capture; return the capture's path.

    Args:
        source: the file the exchange is from, as the capture is to name it.
        form: the format of that file.
        file_ns: when that file was written, ns since 1970. It replaces an unknown start of the
            request, and the capture says so.
        mask: whether to mask credentials, and what looks like a secret.

    Raises:
        SourceError: one of the times is not valid.
        OSError: the capture cannot be written.
    """
    _check_times(found)
    origin: dict[str, object] = {"from": source, "format": form}
    origin |= {"times": found.times, "bytes": found.bytes}
    started_ns = found.started_ns
    if started_ns is None:
        started_ns = file_ns if bounds.is_moment_ns(file_ns) else 0
        origin["started"] = "file"
    if found.notes:
        origin["notes"] = found.notes
    request = _request(found, mask)
    header = encode.header(
        request,
        id=str(uuid.uuid4()),
        kind=found.kind,
        started_ns=started_ns,
        clock="imported",
        recorder=f"ssetape/{__version__} import",
        imported=origin,
        tapped=found.tapped or None,
        run=found.run or None,
        edited=found.edited or None,
    )
    name = capture_name(started_ns, request.url)
    writer = CaptureWriter.create(folder, name, header)
    try:
        _write_records(found, writer, mask)
        if mask:
            mask_capture(writer.path, user_salt())
    except BaseException:
        writer.close()
        writer.path.unlink(missing_ok=True)
        raise
    return writer.path


def _check_times(found: Imported) -> None:
    ends = (found.response, found.trailers, found.end)
    times = [part.t_s for part in ends if part is not None]
    times += [chunk.t_s for chunk in found.chunks]
    times += [message.t_s for message in found.messages]
    for t_s in times:
        if not bounds.is_time(t_s):
            raise SourceError(f"{found.request.url:.200}: expected seconds, found {t_s}")
    if found.started_ns is not None and not bounds.is_moment_ns(found.started_ns):
        raise SourceError(
            f"{found.request.url:.200}: expected a time from 1970 to {bounds.LATEST_YEAR}, "
            f"found {found.started_ns} ns"
        )


def _write_records(found: Imported, writer: CaptureWriter, mask: bool) -> None:
    response, trailers, end = found.response, found.trailers, found.end
    latest_s = 0.0
    if response is not None:
        latest_s = max(latest_s, response.t_s)
        writer.head(latest_s, encode.head(mask_response(response) if mask else response))
    for number, chunk in enumerate(found.chunks):
        latest_s = max(latest_s, chunk.t_s)
        written.chunk(writer, Chunk(latest_s, chunk.data), found.marks.get(number))
    for number, message in enumerate(found.messages):
        latest_s = max(latest_s, message.t_s)
        written.message(writer, message._replace(t_s=latest_s), found.marks.get(number))
    if trailers is not None:
        latest_s = max(latest_s, trailers.t_s)
        writer.trailers(latest_s, trailers.headers, found.trailers_marks)
    if end is None:
        writer.close()
        return
    details = {**found.end_details, **encode.end_details(end)}
    details.pop("reason", None)
    writer.end(max(latest_s, end.t_s), end.reason, **details)


def _request(found: Imported, mask: bool) -> Request:
    url = with_ascii_host(found.request.url)
    url = encode.ascii_url(url.encode("utf-8", "replace").strip())
    request = replace(found.request, url=url)
    return mask_request(request) if mask else request
