"""Follows a capture's file while it is being recorded, by whoever records it."""

import os
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from ssetape.errors import CaptureError
from ssetape.format import reader
from ssetape.format.values import END

# How often somebody looks.
POLL_S = 0.1


def follow(
    path: Path, *, goes_on: Callable[[], bool] = lambda: True, poll_s: float = POLL_S
) -> Iterator[reader.Record]:
    """Give the records of a capture, those that are there and then each as it is written.

    It ends with the record of the end, or once `goes_on` says so when nothing is new. The file may
    be replaced meanwhile by one with the same lines, as it is when it is masked.

    Raises:
        CaptureError: it cannot be read (further).
    """
    for record in follow_with_pauses(path):
        if record is not None:
            yield record
        elif goes_on():
            time.sleep(poll_s)
        else:
            return


def follow_with_pauses(path: Path) -> Iterator[reader.Record | None]:
    """Give the same, and None whenever nothing is new, for those who wait in their own way."""
    name = str(path)
    given = 0
    while True:
        with reader.open_file(path) as file:
            inode = os.fstat(file.fileno()).st_ino
            reader.read_header(file, name)
            for _ in islice(reader.read_records(file, name, []), given):
                pass
            place = file.tell()
            while _inode(path) == inode:
                file.seek(place)
                for record in reader.read_records(file, name, []):
                    place = file.tell()
                    given += 1
                    yield record
                    if record[1] == END:
                        return
                yield None


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError as error:
        raise CaptureError(path, None, f"is gone: {error.strerror or error}") from error
