"""Writes made exchanges as captures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ssetape import __version__
from ssetape.errors import SsetapeError
from ssetape.format import encode
from ssetape.format.held_writer import HeldWriter
from ssetape.format.values import HTTP, SUFFIX
from ssetape.format.writer import CaptureWriter
from ssetape.making.exchange import Made, Recipe, make, url_of
from ssetape.recording.naming import capture_name, kind_of

_NUMBER_DIGITS = 5
_FOLDER_MODE = 0o700  # as the recorder's


class Written(NamedTuple):
    """A made capture, and where it is."""

    path: Path
    made: Made


def write_one(recipe: Recipe, path: Path) -> Written:
    """Make one capture; its folder is created if missing.

    Raises:
        SsetapeError: it exists already, or cannot be made.
        OSError: it cannot be written.
    """
    made = make(recipe)
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    try:
        return _write(made, HeldWriter(path, _header(made)))
    except FileExistsError as error:
        raise _taken(path) from error


def write_in(recipe: Recipe, folder: Path) -> Written:
    """Make one capture in a folder, which is created if missing, under an unused name.

    Raises:
        SsetapeError, OSError: as `write_one`.
    """
    made = make(recipe)
    name = capture_name(made.started_ns, made.request.url)
    return _write(made, HeldWriter.create(folder, name, _header(made)))


def write_workload(recipe: Recipe, folder: Path, count: int) -> Iterator[Written]:
    """Make captures in a folder, which is created if missing: yield each.

    Raises:
        SsetapeError, OSError: as `write_one`. Those made before stay.
    """
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    name = kind_of(url_of(recipe)) or recipe.protocol
    digits = max(_NUMBER_DIGITS, len(f"{count}"))
    paths = [folder / f"{name}-{number:0{digits}}{SUFFIX}" for number in range(1, count + 1)]
    # All of them are looked for before the first is made.
    there = {path.name for path in folder.iterdir()}
    for path in paths:
        if path.name in there:
            raise _taken(path)
    for number, path in enumerate(paths, 1):
        made = make(recipe, number)
        yield _write(made, HeldWriter(path, _header(made)))


def _taken(path: Path) -> SsetapeError:
    return SsetapeError(f"{path} already exists: remove it, or choose another name")


def _header(made: Made) -> dict[str, Any]:
    return encode.header(
        made.request,
        id=made.id,
        kind=HTTP,
        started_ns=made.started_ns,
        clock="made",
        recorder=f"ssetape/{__version__} make",
        made=made.made,
    )


def _write(made: Made, writer: CaptureWriter) -> Written:
    try:
        writer.head(made.response.t_s, encode.head(made.response))
        for chunk in made.chunks:
            writer.chunk(chunk.t_s, chunk.data)
        writer.end(made.end.t_s, made.end.reason)
    except BaseException:
        writer.path.unlink(missing_ok=True)
        raise
    return Written(writer.path, made)
