"""Reads the capture format, one record in memory at a time.

Laws of this file:

1. Unknown codes and fields are skipped.
2. The good part of a damaged file is yielded before the damage is reported.
3. No input raises anything but CaptureError.
"""

import os
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from ssetape.errors import CaptureError
from ssetape.format import bounds, decode
from ssetape.format.values import BYTES, END, FORMAT_VERSION, SENT_BYTES, SENT_TEXT, TEXT, Record

# A line is one record, held in memory as a whole. Chunks are small; a request body in the first
# line may be large, but not this large. Without a limit, a file without newlines fills the memory.
LINE_LIMIT_BYTES = 256 * 1024 * 1024

_CARRIES_DATA = frozenset({TEXT, BYTES, SENT_TEXT, SENT_BYTES})

_TAIL_BYTES = 64 * 1024

FIRST_LINE = 2  # of the records: the first of the file is the header

Path = str | os.PathLike[str]


def open_file(path: Path) -> BinaryIO:
    """Open a capture for reading.

    Raises:
        CaptureError: it cannot be opened, or is a pipe or a device, which cannot be read twice.
    """
    try:
        _check_kind(
            os.stat(path), path
        )  # opening alone sets off some devices, and writers of pipes
        file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115  # the caller closes it
    except OSError as error:
        raise CaptureError(path, None, f"cannot open it: {error.strerror or error}") from error
    try:
        _check_kind(os.fstat(file.fileno()), path)  # it may be another one by now
    except CaptureError:
        file.close()
        raise
    return file


def _check_kind(found: os.stat_result, path: Path) -> None:
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise CaptureError(path, None, "is a pipe or a device: save the capture in a file first")


def _open_at_once(path: str, flags: int) -> int:
    """Open a pipe without waiting for somebody to write to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_header(file: BinaryIO, path: Path) -> dict[str, Any]:
    """Read the header line and return its object; the file is then at its first record.

    Raises:
        CaptureError: the file is not a capture, or has another format version.
    """
    line = _read_line(file, path, 1)
    if not line.strip():
        raise CaptureError(path, None, "is empty: expected a capture, whose first line is JSON")
    try:
        header = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        state = "" if line.endswith(b"\n") else ", and the line is torn"
        raise CaptureError(
            path,
            1,
            f'not a capture: expected a JSON object that begins with {{"ssetape": '
            f"{FORMAT_VERSION}, found {_quote(line)} ({error}{state})",
        ) from error
    if not isinstance(header, dict) or "ssetape" not in header:
        raise CaptureError(
            path,
            1,
            f'not a capture: expected a JSON object with the key "ssetape", found {_quote(line)}',
        )
    version = header["ssetape"]
    if type(version) is not int or version != FORMAT_VERSION:
        raise CaptureError(
            path,
            1,
            f"format version {version!r:.60} is not supported, only {FORMAT_VERSION}: "
            f"a newer ssetape may read it",
        )
    return header


def read_records(
    file: BinaryIO, path: Path, problems: list[str], *, line: int = FIRST_LINE
) -> Iterator[Record]:
    """Yield the records after the header, up to and including the end.

    A torn last line (the recorder was killed, or is still writing) is skipped and added to
    `problems`.

    Args:
        line: the number of the next line in the file.

    Raises:
        CaptureError: a line is not a record. The records before it have been yielded.
    """
    number = line - 1
    loads = orjson.loads
    while text := _read_line(file, path, number + 1):
        number += 1
        try:
            record = loads(text)
        except orjson.JSONDecodeError as error:
            if not text.endswith(b"\n"):
                problems.append(
                    f"line {number} is torn after {len(text)} bytes and was skipped: "
                    f"recording was interrupted there"
                )
                return
            if not text.strip():
                continue
            raise CaptureError(
                path,
                number,
                f"expected a record [time, code, ...], found {_quote(text)} ({error})",
            ) from error
        if (
            type(record) is not list
            or len(record) < 2
            or not bounds.is_time(record[0])
            or type(record[1]) is not str
        ):
            raise CaptureError(
                path,
                number,
                f"expected a record [seconds within a century, code, ...], found {_quote(text)}",
            )
        if record[1] in _CARRIES_DATA:
            record[2:3] = [decode.data(record, path, number)]
        text = b""  # a record may have megabytes, which need not be held twice
        yield record
        if record[1] == END:
            return


def read_end(file: BinaryIO) -> Record | None:
    """Read the end record from the file's tail only; None if the file has no end record."""
    size = file.seek(0, os.SEEK_END)
    tail_bytes = _TAIL_BYTES
    while True:
        file.seek(max(0, size - tail_bytes))
        lines = file.read(tail_bytes).rstrip(b"\n").rsplit(b"\n", 1)
        if len(lines) == 2:
            break
        if tail_bytes >= size:
            return None
        tail_bytes *= 16
    try:
        record = orjson.loads(lines[-1])
        if record[1] == END and isinstance(record[2], dict) and bounds.is_time(record[0]):
            return list(record)
    except (orjson.JSONDecodeError, LookupError, TypeError):
        pass
    return None


def _read_line(file: BinaryIO, path: Path, number: int) -> bytes:
    try:
        line = file.readline(LINE_LIMIT_BYTES)
    except OSError as error:
        raise CaptureError(path, number, f"cannot read it: {error.strerror or error}") from error
    check_line(len(line), path, number)
    return line


def check_line(size_bytes: int, path: Path, number: int) -> None:
    """Check that a line of this size may be held in memory.

    Raises:
        CaptureError: it is too long.
    """
    if size_bytes >= LINE_LIMIT_BYTES:
        raise CaptureError(path, number, f"the line is longer than {LINE_LIMIT_BYTES} bytes")


def _quote(line: bytes) -> str:
    """The start of a line as evidence, with control characters escaped."""
    return repr(line[:60])[1:] + ("..." if len(line) > 60 else "")
