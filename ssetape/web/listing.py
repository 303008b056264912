"""The captures in files and folders, looked at again and again: what is new, changed, gone."""

import os
import stat
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.errors import CaptureError, SsetapeError
from ssetape.library import find
from ssetape.meaning.typing_effect import typed_text
from ssetape.tables.rows import Exchange, plain

# Of an answer, what a row shows.
_TEXT_CHARACTERS = 200
# More than that is measured when somebody opens it: it takes a second and more.
_MEASURED_LIMIT_BYTES = 8 * 1024 * 1024
# Without an end, and nothing written for so long: it was interrupted.
_QUIET_S = 600.0
# What grows is measured again and again, for no more than this share of the time.
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
        """Whether it was taken for one that is being recorded, and nothing comes any more."""
        return bool(self.row.get("goesOn")) and self.is_quiet

    @property
    def is_due(self) -> bool:
        """Whether it is to be measured now: what grows is not measured all the time."""
        is_early = self.row.get("goesOn") and time.monotonic() < self.due_s
        return not (self.is_measured or is_early)

    def is_like(self, other: "_ListedFile") -> bool:
        return (self.size_bytes, self.changed_ns) == (other.size_bytes, other.changed_ns)


class Listing:
    """The captures at some paths. Any thread may ask.

    Attributes:
        revision: rises with every change of a row.
    """

    def __init__(self, paths: Iterable[Path | str]) -> None:
        self._paths = list(paths)
        self._entries: dict[str, _ListedFile] = {}
        self._lock = threading.Lock()
        self.revision = 0

    def look(self) -> None:
        """Look for what has changed since the last time; nothing of it is measured yet."""
        found = {}
        for path in self._find():
            try:
                found_at = path.stat()
            except OSError:
                continue  # gone since it was found
            # To open a pipe would be to wait for who writes to it.
            if stat.S_ISREG(found_at.st_mode):
                found[key_of(path)] = _ListedFile(path, found_at.st_size, found_at.st_mtime_ns)
        for key, entry in found.items():
            known = self._entries.get(key)
            if known and known.is_like(entry) and not known.is_given_up:
                continue
            entry.due_s = known.due_s if known else 0.0
            before = known.row if known and not known.row.get("gone") else {}
            entry.row = {**before, **_basics(entry), "key": key}
            self._put(key, entry)
        for key in self._entries.keys() - found.keys():
            if not self._entries[key].row.get("gone"):
                entry = self._entries[key]
                entry.row = {"key": key, "gone": True}
                entry.size_bytes = -1
                entry.is_measured = True
                self._put(key, entry)

    def measure_next(self) -> bool:
        """Measure a capture that is not yet, the newest first; False: none is due."""
        waiting = [entry for entry in self._entries.values() if entry.is_due]
        if not waiting:
            return False
        entry = max(waiting, key=lambda each: each.changed_ns)
        entry.is_measured = True
        if entry.size_bytes <= _MEASURED_LIMIT_BYTES:
            begun_s = time.monotonic()
            entry.row = {**entry.row, **_measures(entry.path)}
            ended_s = time.monotonic()
            entry.due_s = ended_s + (ended_s - begun_s) / _MEASURED_SHARE
            self._put(entry.row["key"], entry)
        return True

    def since(self, revision: int, limit: int = 500) -> list[Row]:
        """The rows that changed after a revision, by their revisions; no more than a limit."""
        if revision >= self.revision:
            return []  # as nearly always, for every page that listens
        with self._lock:
            rows = [e.row for e in self._entries.values() if e.row["revision"] > revision]
        return sorted(rows, key=lambda row: row["revision"])[:limit]

    def path_of(self, key: str) -> Path | None:
        """The file that a row is of."""
        entry = self._entries.get(key)
        return None if entry is None or entry.row.get("gone") else entry.path

    def _find(self) -> Iterable[Path]:
        for path in self._paths:
            try:
                yield from find([path])
            except CaptureError:
                continue  # not there now, perhaps again later

    def _put(self, key: str, entry: _ListedFile) -> None:
        with self._lock:
            self.revision += 1
            entry.row = {**entry.row, "revision": self.revision}
            self._entries[key] = entry


def key_of(path: Path) -> str:
    """What a capture is called in URLs: the same as long as its file is at its place."""
    return blake2b(os.fsencode(os.path.realpath(path)), digest_size=8).hexdigest()


def _basics(entry: _ListedFile) -> Row:
    """What the first lines and the last one say."""
    row: Row = {"name": plain(entry.path.name), "problem": None}
    try:
        capture = Capture(entry.path, with_ends=True)
        exchange, response, end = Exchange(capture), capture.response, capture.end
    except CaptureError as error:
        # A file that is being made has no first line yet: told when that has come.
        return {**row, "problem": str(error), "started": "", "url": "", "goesOn": False}
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
    """What is known only once all of a capture was read."""
    try:
        capture = Capture(path)
        measured = capture.measure()
        text = ""
        for piece in typed_text(capture, []):
            text = piece.text if piece.replaces else text + piece.text
            if len(text.strip()) >= _TEXT_CHARACTERS:
                break
    except SsetapeError as error:
        return {"problem": str(error)}
    return {
        "protocol": measured.protocol,
        "model": measured.model,
        "events": measured.events,
        "bytes": measured.size_bytes,
        "firstTextS": measured.milestones.first_text_s,
        "lastS": measured.milestones.end_s or measured.milestones.last_text_s,
        "rhythm": [gap if gap is None else round(gap, 4) for gap in measured.rhythm],
        "text": text.strip()[:_TEXT_CHARACTERS],
    }
