"""Writes what the machine says into captures, with the writing that all recorders share."""

import uuid
from pathlib import Path
from urllib.parse import urlsplit

from ssetape import __version__
from ssetape.format import encode
from ssetape.format.writer import CaptureWriter
from ssetape.masking.by_place import mask_request, mask_response, mask_url
from ssetape.recording import run
from ssetape.recording.log import logger
from ssetape.recording.naming import capture_name
from ssetape.recording.reasons import said
from ssetape.recording.recording import Recording
from ssetape.recording.unreachable import trouble
from ssetape.recording.unrecorded import Failure, unrecorded
from ssetape.tap.actions import Begin, Fail, Finish, Pass, Warn, WriteChunk, WriteMessage

Record = Begin | WriteChunk | WriteMessage | Finish | Warn | Pass | Fail


class Recorder:
    """The captures of one browser.

    Args:
        browser: its name and version.
        mask: whether to mask what looks like a secret.
    """

    def __init__(self, folder: Path, browser: str, mask: bool) -> None:
        self._folder = folder
        self._browser = browser
        self._mask = mask
        self._recordings: dict[str, Recording] = {}

    def write(self, record: Record) -> None:
        """Write a record. A failure is logged, and harms neither the browser nor other captures."""
        if isinstance(record, Warn):
            logger.warning(f"ssetape: {record.text}")
            return
        if isinstance(record, Begin):
            self._begin(record)
            return
        if isinstance(record, Pass | Fail):
            _count(record)
            return
        recording = self._recordings.get(record.id)
        if recording is None:
            return  # it could not begin
        # The browser's events come from several of its processes: a moment may be told late.
        now_s = max(record.now_s, recording.last_s)
        if isinstance(record, WriteChunk):
            recording.chunk(now_s, record.data)
        elif isinstance(record, WriteMessage):
            recording.message(now_s, record.data, record.from_client, record.is_text, {})
        else:
            del self._recordings[record.id]
            recording.finish(now_s, record.reason, **record.details)

    def _begin(self, begin: Begin) -> None:
        asked, answer = begin.request, begin.response
        title = f"{asked.method} {mask_url(asked.url)[0]}"
        if self._mask:
            asked, answer = mask_request(asked), mask_response(answer)
        header = encode.header(
            asked,
            id=str(uuid.uuid4()),
            kind=begin.kind,
            started_ns=begin.started_ns,
            clock="monotonic",
            recorder=f"ssetape/{__version__} {self._browser}",
            tapped={"browser": self._browser, "target": begin.target, "chunks": "reads"},
            run=run.place(begin.sent_s),
        )
        try:
            name = capture_name(begin.started_ns, asked.url)
            writer = CaptureWriter.create(self._folder, name, header)
        except OSError as error:
            logger.error(f"ssetape: cannot record {title}: {said(error)}; the browser goes on")
            return
        recording = Recording(header["id"], title, writer, begin.sent_s, self._mask)
        recording.last_s = begin.sent_s + answer.t_s
        self._recordings[begin.id] = recording
        try:
            recording.head(answer)
        except OSError as error:  # the file exists by now, and has to be closed
            recording.fail(error)
            del self._recordings[begin.id]
            return
        logger.info(f"ssetape: recording {title} to {writer.path.name}")


def _count(record: Pass | Fail) -> None:
    """Count what is not recorded; say of the first of its kind why no response came."""
    if isinstance(record, Fail):
        failure = Failure(urlsplit(record.url).netloc.rpartition("@")[2], *trouble(record.error))
        if unrecorded.add_failure(failure):
            logger.warning(f"ssetape: no answer from {failure}")
    elif record.is_excluded:
        unrecorded.excluded += 1
    else:
        unrecorded.add_ordinary(record.media_type, record.status)
