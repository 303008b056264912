"""Reads long captures faster where they are plain: each record is one event with one `data:` line.

Most of a long stream is plain. Checking a block of such records as a whole takes a tenth of the
time of parsing their events; other records are read one by one.
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise, repeat
from typing import BinaryIO, NamedTuple

import orjson

from ssetape.errors import CaptureError
from ssetape.format import bounds, reader
from ssetape.format.reader import FIRST_LINE
from ssetape.format.values import END, TEXT, Record
from ssetape.sse import EVENT_LIMIT_BYTES

# Larger blocks leave the cache of a core before their messages are interpreted.
_BLOCK_BYTES = 64 * 1024
# After how many lines from the file's beginning, and before how many at its end, a block is cut, so
# that the others may be plain: the head and the chunk that shows the framing, or the end record;
# and where the first or the last chunks have several events.
_FIRST_LINES = (2, 24)
_LAST_LINES = (6, 1)
_DATA, _EVENT = "data: ", "event: "
_UNNAMED = "message"  # the type of an event that names none


class Plain(NamedTuple):
    """A block of records, each of which is one event: `data: ...` and an empty line.

    Either all of them have a line `event: ...` first, or none has.

    Attributes:
        times: when each record came, in seconds since the request was sent.
        texts: the text of each record.
        names: the type of each event.
        data_lines: the line with the data of each event.
        size_bytes: the total size of the texts.
    """

    times: list[float]
    texts: list[str]
    names: list[str]
    data_lines: list[str]
    size_bytes: int

    def sizes_bytes(self) -> list[int]:
        """The size of each text."""
        sizes = list(map(len, self.texts))
        is_ascii = sum(sizes) == self.size_bytes
        return sizes if is_ascii else [len(text.encode()) for text in self.texts]

    def data_of(self, place: int) -> str:
        """The data of one event."""
        return self.data_lines[place][len(_DATA) :]

    def data(self) -> list[str]:
        """The data of each event."""
        return [line[len(_DATA) :] for line in self.data_lines]

    def records(self) -> list[Record]:
        """The same records, one by one."""
        data = map(str.encode, self.texts)
        return [[t_s, TEXT, each] for t_s, each in zip(self.times, data, strict=True)]


def plain_blocks(file: BinaryIO, name: str, problems: list[str]) -> Iterator[Plain | list[Record]]:
    """Yield the records from the file's position on, in blocks: plain ones as columns.

    Raises:
        CaptureError: as `reader.read_records`.
    """
    line = FIRST_LINE
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
        for part in _parts(block, is_first=line == FIRST_LINE):
            plain = _plain(part)
            if plain is not None:
                yield plain
                line += len(plain.times)
            else:
                for records in _any(part, name, problems, line):
                    yield records
                    if records and records[-1][1] == END:
                        return
                line += part.count(b"\n")
    if rest_bytes:
        yield from _any(b"".join(rest), name, problems, line)


def _read(file: BinaryIO, name: str) -> bytes:
    try:
        return file.read(_BLOCK_BYTES)
    except OSError as error:
        raise CaptureError(name, None, f"cannot read it: {error.strerror or error}") from error


def _parts(block: bytes, is_first: bool) -> Iterator[bytes]:
    """Yield the lines of a block: those at the file's beginning or end apart from the others."""
    cuts = [0, len(block)]
    if is_first:
        cuts += (_after_lines(block, count) for count in _FIRST_LINES)
    if b'"end"' in block[block.rfind(b"\n", 0, -1) + 1 :]:
        cuts += (_before_lines(block, count) for count in _LAST_LINES)
    for begun, ended in pairwise(sorted(set(cuts))):
        yield block[begun:ended]


def _after_lines(block: bytes, count: int) -> int:
    """Where so many lines of a block end."""
    place = 0
    for _ in range(count):
        place = block.find(b"\n", place) + 1 or len(block)
    return place


def _before_lines(block: bytes, count: int) -> int:
    """Where so many lines at the end of a block begin."""
    place = len(block)
    for _ in range(count):
        place = block.rfind(b"\n", 0, max(0, place - 1)) + 1
    return place


def _plain(block: bytes) -> Plain | None:
    """A block of lines as columns; None if a line is not plain."""
    if len(block) > EVENT_LIMIT_BYTES:
        return None
    # The line feed stays, so that the length tells how many there are: counting takes longer.
    array = b"[" + block[:-1].replace(b"\n", b",\n") + b"]"
    count = len(array) - len(block)
    try:
        records = orjson.loads(array)
        times = [record[0] for record in records]
        codes = [record[1] for record in records]
        texts = [record[2] for record in records]
        is_ended = all(map(str.endswith, texts, repeat("\n\n")))
        body = "".join(texts)
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return None
    if (
        set(map(type, times)) != {float}
        or not (bounds.is_time(min(times)) and bounds.is_time(max(times)))
        or not codes.count(TEXT) == len(codes) == count
        or not is_ended
        or "\r" in body
    ):
        return None
    lines = body.split("\n")
    each = 3 if body.startswith(_EVENT) else 2
    data_lines = lines[each - 2 : -1 : each]
    if (
        len(lines) != each * count + 1
        or not all(map(str.startswith, data_lines, repeat(_DATA)))
        or any(lines[each - 1 :: each])
    ):
        return None
    names = [_UNNAMED] * count
    if each == 3:
        event_lines = lines[:-1:each]
        if not all(map(str.startswith, event_lines, repeat(_EVENT))):
            return None
        names = [line[len(_EVENT) :] or _UNNAMED for line in event_lines]
    size_bytes = len(body) if body.isascii() else len(body.encode())
    return Plain(times, texts, names, data_lines, size_bytes)


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
