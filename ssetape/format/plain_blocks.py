"""Reads long captures faster where they are plain: each record is one event of one line.

Most of a long stream is plain. Checking a block of such records as a whole takes a tenth of the
time of parsing their events; other records are read one by one.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, NamedTuple

import orjson

from ssetape.errors import CaptureError
from ssetape.format import bounds, reader
from ssetape.format.values import END, TEXT, Record

_BLOCK_BYTES = 256 * 1024


class Plain(NamedTuple):
    """A block of records, each of which is one event: `data: ...` and an empty line.

    Attributes:
        times: when each record came, in seconds since the request was sent.
        texts: the text of each record.
        size_bytes: the total size of the texts.
    """

    times: list[float]
    texts: list[str]
    size_bytes: int

    def records(self) -> list[Record]:
        """The same records, one by one."""
        data = map(str.encode, self.texts)
        return [[t_s, TEXT, each] for t_s, each in zip(self.times, data, strict=True)]


def plain_blocks(file: BinaryIO, name: str, problems: list[str]) -> Iterator[Plain | list[Record]]:
    """Yield the records from the file's position on, in blocks: plain ones as columns.

    Raises:
        CaptureError: as `reader.read_records`.
    """
    line = 2
    rest: list[bytes] = []  # of a line whose end has not been read
    rest_bytes = 0
    while data := _read(file, name):
        head, newline, torn = data.rpartition(b"\n")
        if not newline:
            rest.append(torn)
            rest_bytes += len(torn)
            reader.check_line(rest_bytes, name, line)
            continue
        block = b"".join((*rest, head, newline))
        rest = [torn]
        rest_bytes = len(torn)
        count = block.count(b"\n")
        plain = _plain(block, count)
        if plain is not None:
            yield plain
        else:
            for records in _any(block, name, problems, line):
                yield records
                if records and records[-1][1] == END:
                    return
        line += count
    if rest_bytes:
        yield from _any(b"".join(rest), name, problems, line)


def _read(file: BinaryIO, name: str) -> bytes:
    try:
        return file.read(_BLOCK_BYTES)
    except OSError as error:
        raise CaptureError(name, None, f"cannot read it: {error.strerror or error}") from error


def _plain(block: bytes, count: int) -> Plain | None:
    """A block of `count` lines as columns; None if a line is not plain."""
    try:
        records = orjson.loads(b"[" + block[:-1].replace(b"\n", b",") + b"]")
        times = [record[0] for record in records]
        codes = [record[1] for record in records]
        texts = [record[2] for record in records]
        starts = [text[:6] for text in texts]
        ends = [text[-2:] for text in texts]
        body = "".join(texts)
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return None
    if (
        set(map(type, times)) != {float}
        or not (bounds.is_time(min(times)) and bounds.is_time(max(times)))
        or not codes.count(TEXT) == starts.count("data: ") == ends.count("\n\n") == count
        # No other line ends.
        or body.count("\n") != 2 * count
        or "\r" in body
    ):
        return None
    return Plain(times, texts, len(body) if body.isascii() else len(body.encode()))


def _any(block: bytes, name: str, problems: list[str], line: int) -> Iterator[list[Record]]:
    """Yield the records of any block, those before an error too; then raise the error."""
    held: list[Record] = []
    failure = None
    records = reader.read_records(BytesIO(block), name, problems, line=line)
    try:
        held.extend(records)
    except CaptureError as error:
        failure = error
    yield held
    if failure is not None:
        raise failure
