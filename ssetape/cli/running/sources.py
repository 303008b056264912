"""Opens files to import, and what they are packed in: gzip, zlib, zip, UTF-16.

An archive is data of strangers: what it unfolds to has a limit, and nothing of it is written.
"""

import codecs
import gzip
import io
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ssetape.errors import SourceError
from ssetape.imports._exchange import Beside

# What a file may unfold to. The largest archives of browsers seen have 200 MiB.
UNFOLDED_LIMIT_BYTES = 1024 * 1024 * 1024
# Playwright has one file per body in its archives.
MEMBERS_LIMIT = 100_000
# Deeper packing than a gzip within a zip is nobody's habit.
DEPTH_LIMIT = 3

_GZIP = b"\x1f\x8b\x08"
# zlib with the settings that anybody uses: mitmproxy's .zhar.
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ZIP = b"PK\x03\x04"
# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SYSTEM_FOLDERS = ("__MACOSX/",)


@dataclass(frozen=True, slots=True)
class Source:
    """Plain bytes to read exchanges from.

    Attributes:
        name: the file's own name, without folder and without the suffix of its packing.
        beside: gives the files that it refers to; None for one that is not there.
        notes: what was undone to get at the bytes.
        is_member: whether it is one of the files in an archive.
    """

    name: str
    data: bytes
    beside: Beside
    notes: tuple[str, ...] = field(default=())
    is_member: bool = False


def opened(file: str) -> Source:
    """A file, or stdin if it is `-`; raises OSError."""
    if file == "-":
        return Source("stdin", sys.stdin.buffer.read(), lambda _: None)
    return Source(Path(file).name, Path(file).read_bytes(), files_in(Path(file).parent))


def files_in(folder: Path) -> Beside:
    """Gives the files in a folder, and none outside it or too large."""

    def read(name: str) -> bytes | None:
        try:
            root = folder.resolve()
            path = (root / name).resolve()
            if not path.is_relative_to(root) or not path.is_file():
                return None
            return path.read_bytes() if path.stat().st_size <= UNFOLDED_LIMIT_BYTES else None
        except (OSError, ValueError):
            return None

    return read


def unpacked(source: Source) -> Iterator[Source]:
    """Yield the plain files in a file: itself, or what is packed in it; raises SourceError."""
    return _unpacked(source, _Allowance(UNFOLDED_LIMIT_BYTES), depth=0)


class _Allowance:
    """How much may still be unfolded, of all that is packed in one file."""

    def __init__(self, limit_bytes: int) -> None:
        self.left_bytes = limit_bytes

    def take(self, data: bytes) -> bytes:
        """`data`, of which no more than `left_bytes` + 1 were unfolded; raises SourceError."""
        self.left_bytes -= len(data)
        if self.left_bytes < 0:
            raise SourceError(
                f"the file unfolds to more than {UNFOLDED_LIMIT_BYTES >> 20} MiB; unpack it and "
                f"import its parts one by one"
            )
        return data


def _unpacked(source: Source, allowance: _Allowance, depth: int) -> Iterator[Source]:
    if depth < DEPTH_LIMIT:
        inside = _opened(source, allowance)
        if inside is not None:
            for each in inside:
                yield from _unpacked(each, allowance, depth + 1)
            return
    mark = next((mark for mark in _MARKS if source.data.startswith(mark)), None)
    if mark is None:
        yield source
        return
    coding = _MARKS[mark]
    note = f"the file was {coding.upper()}; its text is kept as UTF-8"
    text = source.data.decode(coding, "replace").encode()
    yield replace(source, data=text, notes=(*source.notes, note))


def _opened(source: Source, allowance: _Allowance) -> Iterator[Source] | None:
    """What is packed in a file; None if nothing is."""
    data = source.data
    if data.startswith(_ZIP):
        return _members(source, allowance)
    plain, name = None, source.name
    if data.startswith(_GZIP):
        plain, how, name = _gunzipped(data, allowance), "gzip", name.removesuffix(".gz")
    elif data.startswith(_ZLIB):
        plain, how = _inflated(data, allowance), "zlib"
    if plain is None:
        return None
    notes = (*source.notes, f"the file was compressed with {how}")
    return iter([replace(source, name=name, data=plain, notes=notes)])


def _gunzipped(data: bytes, allowance: _Allowance) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return allowance.take(file.read(allowance.left_bytes + 1))
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"the gzip is damaged or cut short: {error}") from error


def _inflated(data: bytes, allowance: _Allowance) -> bytes | None:
    """The bytes in zlib's format; None if `data` only looks like it."""
    inflate = zlib.decompressobj()
    try:
        plain = allowance.take(inflate.decompress(data, allowance.left_bytes + 1))
    except zlib.error:
        return None
    return plain if inflate.eof else None


def _members(source: Source, allowance: _Allowance) -> Iterator[Source]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(source.data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError(f"the zip is damaged or cut short: {error}") from error
    infos = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith(_SYSTEM_FOLDERS)
    ]
    if len(infos) > MEMBERS_LIMIT:
        raise SourceError(f"the zip has {len(infos)} files, more than {MEMBERS_LIMIT}")
    by_name = {info.filename: info for info in infos}
    # In an archive of Playwright's the other files are bodies of these.
    logs = [info for info in infos if info.filename.endswith((".har", ".network"))]
    for info in logs or infos:
        folder = info.filename.rpartition("/")[0]

        def beside(name: str, folder: str = folder) -> bytes | None:
            found = by_name.get(f"{folder}/{name}" if folder else name)
            return None if found is None else _member(archive, found, allowance)

        data = _member(archive, info, allowance)
        yield Source(info.filename, data, beside, source.notes, is_member=True)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: _Allowance) -> bytes:
    try:
        with archive.open(info) as file:
            return allowance.take(file.read(allowance.left_bytes + 1))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise SourceError(f"{info.filename} in the zip is damaged: {error}") from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or a rare compression
        raise SourceError(f"{info.filename} in the zip cannot be read: {error}") from error
