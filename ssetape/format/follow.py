"""Follows a capture file while it is being recorded, by this or any other process."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from ssetape.errors import CaptureError
from ssetape.format import reader
from ssetape.format.values import END, Record

# How often to look for new records.
POLL_S = 0.1


class FileFollower:
    """Reads the new records of a growing capture file, one `look` at a time.

    The file is open only during a look. In between, it may be replaced by one with as many lines,
    as masking does.

    Attributes:
        path: the file.
        header: the header line's object, once read.
        is_over: whether the end has been read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: dict[str, Any] | None = None
        self.is_over = False
        self._inode: int | None = None
        self._place = 0  # where the next record begins
        self._lines = 0  # before that

    def look(self) -> Generator[Record]:
        """Yield the new records; a yielded record counts as read even if iteration stops there.

        Raises:
            CaptureError: the file is gone, or cannot be read, or only in part.
        """
        name = str(self.path)
        with reader.open_file(self.path) as file:
            inode = os.fstat(file.fileno()).st_ino
            if self._inode not in (None, inode):
                for _ in range(self._lines):
                    file.readline()
                self._place = file.tell()
            self._inode = inode
            file.seek(self._place)
            if self.header is None:
                self.header = reader.read_header(file, name)
                self._passed(file.tell())
            for record in reader.read_records(file, name, [], line=self._lines + 1):
                self._passed(file.tell())
                self.is_over = record[1] == END
                yield record

    def _passed(self, place: int) -> None:
        self._place = place
        self._lines += 1


def follow(path: Path) -> Iterator[Record | None]:
    """Yield the records of a capture as they are written, and None whenever there is nothing new.

    Stops after the end record. The caller waits after each None, for `POLL_S` or another time.

    Raises:
        CaptureError: the file cannot be read, or only in part, or was removed.
    """
    follower = FileFollower(path)
    while True:
        yield from follower.look()
        if follower.is_over:
            return
        yield None
        if not path.exists():
            raise CaptureError(path, None, "is gone: it was removed while it was being followed")
