"""The captures in files and folders, checked repeatedly for new, changed and deleted ones."""

import heapq
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.errors import CaptureError, SsetapeError
from ssetape.format.values import Request
from ssetape.library import find
from ssetape.meaning.question import asked
from ssetape.output.printable import printable
from ssetape.page.batches import PageProgress, PageReading
from ssetape.tables.rows import Exchange, plain

# A row shows this much of the answer, or else of the question.
_TEXT_CHARACTERS = 200
# A larger capture is measured only when it is opened: it takes a second or more.
_MEASURED_LIMIT_BYTES = 8 * 1024 * 1024
# A capture without an end that has not grown for so long was interrupted.
_QUIET_S = 600.0
# A growing capture is measured repeatedly, but for no more than this share of the time.
_MEASURED_SHARE = 0.1

Row = dict[str, Any]


@dataclass(slots=True)
class _ListedFile:
    path: Path
    size_bytes: int
    changed_ns: int
    row: Row = field(default_factory=dict)
    is_measured: bool = False
    due_s: float = 0.0

    @property
    def is_quiet(self) -> bool:
        return time.time() - self.changed_ns / 1e9 > _QUIET_S

    @property
    def is_given_up(self) -> bool:
        """Whether its row still says that it is being recorded, but it no longer grows."""
        return bool(self.row.get("goesOn")) and self.is_quiet

    @property
    def is_due(self) -> bool:
        """Whether to measure it now; a growing capture has to wait between measurements."""
        is_early = self.row.get("goesOn") and time.monotonic() < self.due_s
        return not (self.is_measured or is_early)

    def is_like(self, other: "_ListedFile") -> bool:
        return (self.size_bytes, self.changed_ns) == (other.size_bytes, other.changed_ns)


class Listing:
    """The captures at some paths. Any thread may read it.

    Attributes:
        paths: the files and folders.
        revision: rises with every change of a row.
    """

    def __init__(self, paths: Iterable[Path | str]) -> None:
        self.paths = list(map(Path, paths))
        self._entries: dict[str, _ListedFile] = {}
        self._lock = threading.Lock()
        # The newest first; a search through all of them for each would take seconds for thousands.
        self._unmeasured: list[tuple[int, int, str, _ListedFile]] = []
        self._numbers = count()
        self.revision = 0

    def look(self) -> None:
        """Look for changes since the last time, without measuring anything."""
        found = {}
        for path in self._find():
            try:
                # What is no file, or a link to nothing, gets a row that says so.
                found_at = path.stat() if path.exists() else path.lstat()
            except OSError:
                continue  # gone since it was found
            found[key_of(path)] = _ListedFile(path, found_at.st_size, found_at.st_mtime_ns)
        for key, entry in found.items():
            known = self._entries.get(key)
            if known and known.is_like(entry) and not known.is_given_up:
                continue
            entry.due_s = known.due_s if known else 0.0
            before = known.row if known and not known.row.get("gone") else {}
            entry.row = {**before, **_basics(entry), "key": key}
            self._put(key, entry)
            self._wait(key, entry)
        for key in self._entries.keys() - found.keys():
            if not self._entries[key].row.get("gone"):
                entry = self._entries[key]
                entry.row = {"key": key, "gone": True}
                entry.size_bytes = -1
                entry.is_measured = True
                self._put(key, entry)

    def measure_next(self) -> bool:
        """Measure one unmeasured capture, the newest first; return False if none is due."""
        early = []
        entry = None
        while self._unmeasured and entry is None:
            *_, key, found = heapq.heappop(self._unmeasured)
            if self._entries[key] is not found:
                continue  # the file has changed since
            if found.is_due:
                entry = found
            else:
                early.append((key, found))
        for each in early:
            self._wait(*each)
        if entry is None:
            return False
        entry.is_measured = True
        if entry.size_bytes <= _MEASURED_LIMIT_BYTES:
            begun_s = time.monotonic()
            entry.row = {**entry.row, **_measures(entry.path)}
            ended_s = time.monotonic()
            entry.due_s = ended_s + (ended_s - begun_s) / _MEASURED_SHARE
            self._put(entry.row["key"], entry)
        return True

    def since(self, revision: int, limit: int = 500) -> list[Row]:
        """The rows that changed after a revision, in the order of revisions, at most `limit`."""
        if revision >= self.revision:
            return []  # nearly always the case, for every open page
        with self._lock:
            rows = [e.row for e in self._entries.values() if e.row["revision"] > revision]
        return sorted(rows, key=lambda row: row["revision"])[:limit]

    def path_of(self, key: str) -> Path | None:
        """The file of a row; None if there is no such row, or no longer."""
        entry = self._entries.get(key)
        return None if entry is None or entry.row.get("gone") else entry.path

    def _find(self) -> Iterable[Path]:
        for path in self.paths:
            try:
                yield from find([path])
            except CaptureError:
                continue  # it may appear later

    def _wait(self, key: str, entry: _ListedFile) -> None:
        item = (-entry.changed_ns, next(self._numbers), key, entry)
        heapq.heappush(self._unmeasured, item)

    def _put(self, key: str, entry: _ListedFile) -> None:
        with self._lock:
            self.revision += 1
            entry.row = {**entry.row, "revision": self.revision}
            self._entries[key] = entry


def key_of(path: Path) -> str:
    """A capture's name in URLs; stays the same as long as the file is in its place."""
    return blake2b(os.fsencode(os.path.realpath(path)), digest_size=8).hexdigest()


def _basics(entry: _ListedFile) -> Row:
    """The parts of a row that the file's first lines and last line have."""
    row: Row = {"name": plain(entry.path.name), "problem": None}
    try:
        capture = Capture(entry.path, with_ends=True)
        exchange, response, end = Exchange(capture), capture.response, capture.end
    except CaptureError as error:
        # A file that was just created may have no first line yet; the next look finds it.
        return {**row, "problem": printable(str(error)), "started": "", "url": "", "goesOn": False}
    return {
        **row,
        "started": capture.started,
        "kind": capture.kind,
        "method": capture.request.method,
        "url": capture.request.url,
        "host": exchange.host or "",
        "path": capture.request.url if exchange.path is None else exchange.path,
        "status": response.status if response else None,
        "bytes": end.size_bytes if end else None,
        "durationS": end.t_s if end else None,
        "end": end.reason if end else "interrupted" if entry.is_quiet else None,
        "goesOn": end is None and not entry.is_quiet,
    }


def _measures(path: Path) -> Row:
    """The parts of a row that need the whole capture."""
    try:
        capture = Capture(path)
        reading, text = PageReading(capture, PageProgress.missing(typed=0)), ""
        for batch in reading.batches(capture.records()):
            for _, piece, replaces in batch.typed if batch else ():
                if replaces:
                    text = piece
                elif len(text.strip()) < _TEXT_CHARACTERS:
                    text += piece
        measured, answer = reading.measured([])
    except SsetapeError as error:
        return {"problem": printable(str(error))}
    except Exception as error:  # a bug: the other captures are still to be watched
        return {"problem": f"it cannot be measured: {error!r:.200}"}
    return {
        "protocol": measured.protocol,
        "model": measured.model,
        "events": measured.events,
        "bytes": measured.size_bytes,
        "firstTextS": measured.milestones.first_text_s,
        "lastS": measured.milestones.end_s or measured.milestones.last_text_s,
        "rhythm": [gap if gap is None else round(gap, 4) for gap in measured.rhythm],
        "text": text.strip()[:_TEXT_CHARACTERS],
        "error": printable(answer.error or "")[:_TEXT_CHARACTERS],
        "asked": "" if text.strip() else _question(capture.request),
    }


def _question(request: Request) -> str:
    """The beginning of what was asked last."""
    questions = [text for role, text in asked(request) if role == "user"]
    return questions[-1].strip()[:_TEXT_CHARACTERS] if questions else ""
