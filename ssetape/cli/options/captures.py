"""Captures as arguments."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import click

from ssetape.capture import Capture
from ssetape.cli.terminal.output import note
from ssetape.errors import CaptureError, SsetapeError
from ssetape.library import named, open_all, open_newest, place_of
from ssetape.output.printable import printable
from ssetape.output.refusals import no_captures

# Where `ssetape record` and the addon put captures by default.
DEFAULT_FOLDER = "captures"


def open_one(argument: str | None = None) -> Capture:
    """The capture that an argument names, as `name_of` has it; `-` reads one from stdin.

    Of a folder, and of ./captures without an argument, it is the newest, and a note says which.
    """
    if argument == "-":
        return _from_stdin()
    if argument is None:
        argument = default_folder()
    if os.path.isdir(argument):
        opened = _newest(argument)
        note(f"the newest in {argument}: {opened.path.name}")
        return opened
    return Capture(name_of(argument))


def each_of(
    arguments: tuple[str, ...], show: Callable[[Capture], None], *, has_headings: bool = True
) -> None:
    """Show the captures that arguments name, one after the other, as `open_one` opens them.

    Args:
        has_headings: whether each of several has a line with its name above it.
    """
    if len(arguments) < 2:
        show(open_one(*arguments))
        return
    failed = False
    for index, argument in enumerate(arguments):
        try:
            opened = open_one(argument)
            if has_headings:
                gap = "\n" if index else ""
                click.echo(f"{gap}==> {printable(opened.name)} <==")
            show(opened)
        except SsetapeError as error:
            note(str(error))
            failed = True
    if failed:
        click.get_current_context().exit(1)


def name_of(argument: str) -> str:
    """The path that an argument stands for, which may be a short name.

    `@` or `@1` is the newest capture in ./captures, `@2` the one before; of what is no path, the
    only capture there that has it as a part of its name.

    Raises:
        CaptureError: there is no such capture, or there are several.
    """
    if os.path.lexists(argument) or os.sep in argument:
        return argument
    place = place_of(argument)
    if place is not None:
        return str(_newest(default_folder(), place).path)
    return str(named(argument, DEFAULT_FOLDER))


def _newest(folder: str, place: int = 1) -> Capture:
    """The newest capture of a folder, or one before; notes the newer files that are none."""
    problems: list[str] = []
    found = list(islice(open_newest(folder, problems), place))
    for problem in problems:
        note(problem)
    if len(found) == place:
        return found[-1]
    if not found:
        raise SsetapeError(no_captures([folder]))
    raise SsetapeError(f"@{place}: there are only {len(found)} captures in {folder!r}")


def default_folder() -> str:
    """The folder that is read where none is named.

    Raises:
        click.UsageError: it is not there.
    """
    if not Path(DEFAULT_FOLDER).is_dir():
        raise click.UsageError(no_captures([DEFAULT_FOLDER]))
    return DEFAULT_FOLDER


def paths_of(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The files and folders that arguments name, as `name_of` has them; ./captures for none.

    Raises:
        CaptureError: one is not there.
    """
    paths = tuple(map(name_of, arguments or (default_folder(),)))
    for path in paths:
        if not os.path.exists(path):
            raise CaptureError(path, None, "there is no such file or folder")
    return paths


def open_paths(paths: tuple[str, ...], *, may_be_empty: bool = False) -> tuple[list[Capture], bool]:
    """The captures in files and folders, and whether all could be read; `-` reads one from stdin.

    Captures that cannot be read are reported on stderr.

    Raises:
        SsetapeError: there are no files of captures, but there have to be some.
    """
    problems: list[str] = []
    captures = list(_each(paths, problems))
    if not captures and not problems and not may_be_empty:
        raise SsetapeError(no_captures(paths or [DEFAULT_FOLDER]))
    for problem in problems:
        note(problem)
    return captures, not problems


def open_each(
    paths: tuple[str, ...], problems: list[str], *, with_ends: bool = False
) -> Iterator[Capture]:
    """Yield the captures in files and folders, one at a time; a note says if there are none.

    Args:
        problems: receives a message for each capture that cannot be read.
        with_ends: as in `Capture`.
    """
    paths = paths or (default_folder(),)
    were = len(problems)
    is_empty = True
    for capture in _each(paths, problems, with_ends=with_ends):
        is_empty = False
        yield capture
    if is_empty and len(problems) == were:
        note(no_captures(paths))


def _each(
    paths: tuple[str, ...], problems: list[str], *, with_ends: bool = False
) -> Iterator[Capture]:
    paths = paths or (default_folder(),)
    if "-" in paths:
        yield _from_stdin()
    names = [name_of(path) for path in paths if path != "-"]
    yield from open_all(names, problems, with_ends=with_ends)


def _from_stdin() -> Capture:
    """The capture on stdin, copied to a file that is removed when the command ends."""
    if sys.stdin is None:
        raise click.ClickException("cannot read -: stdin is closed")
    import tempfile  # seldom needed, and slow to import

    folder = click.get_current_context().with_resource(
        tempfile.TemporaryDirectory(prefix="ssetape-")
    )
    path = Path(folder) / "stdin.ssetape"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return Capture(path, name="stdin")
