"""Captures as arguments."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from ssetape.capture import Capture
from ssetape.cli.terminal.output import note
from ssetape.library import open_all

# Where `ssetape record` and the addon put captures by default.
DEFAULT_FOLDER = "captures"


def open_one(argument: str) -> Capture:
    """The capture that an argument names; `-` reads one from stdin."""
    return _from_stdin() if argument == "-" else Capture(argument)


def open_paths(paths: tuple[str, ...]) -> tuple[list[Capture], bool]:
    """The captures in files and folders, and whether all could be read; `-` reads one from stdin.

    Captures that cannot be read are reported on stderr.
    """
    problems: list[str] = []
    captures = list(open_each(paths, problems))
    for problem in problems:
        note(problem)
    return captures, not problems


def open_each(
    paths: tuple[str, ...], problems: list[str], *, with_ends: bool = False
) -> Iterator[Capture]:
    """Yield the captures in files and folders, one at a time.

    Args:
        problems: receives a message for each capture that cannot be read.
        with_ends: as in `Capture`.
    """
    if not paths:
        if not Path(DEFAULT_FOLDER).is_dir():
            raise click.UsageError(
                f"there is no folder {DEFAULT_FOLDER!r} here: name files or folders"
            )
        paths = (DEFAULT_FOLDER,)
    if "-" in paths:
        yield _from_stdin()
    yield from open_all([path for path in paths if path != "-"], problems, with_ends=with_ends)


def _from_stdin() -> Capture:
    """The capture on stdin, copied to a file that is removed when the command ends."""
    if sys.stdin is None:
        raise click.ClickException("cannot read -: stdin is closed")
    folder = click.get_current_context().with_resource(
        tempfile.TemporaryDirectory(prefix="ssetape-")
    )
    path = Path(folder) / "stdin.ssetape"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return Capture(path, name="stdin")
