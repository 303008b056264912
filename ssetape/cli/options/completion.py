"""What a shell offers where a capture is expected: paths, names in ./captures, @1, @2, ..."""

import os
import re
from collections.abc import Iterator
from itertools import islice

import click
from click.shell_completion import CompletionItem

from ssetape.cli.options.captures import DEFAULT_FOLDER
from ssetape.errors import SsetapeError
from ssetape.format.values import SUFFIX
from ssetape.library import listed, open_newest

# More would scroll away, and bash takes a millisecond for ten.
_OFFERED = 200
# @1 to @9: after that, names are easier.
_PLACES = 9
# click's scripts neither quote nor escape.
_PLAIN = re.compile(r"[A-Za-z0-9_@%+./~-]+")


class _CaptureType(click.Path):
    """The path or short name of a capture, or a folder."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        try:
            offered = _offered(incomplete)
        except (OSError, SsetapeError):
            offered = []
        return offered or [CompletionItem(incomplete, type="file")]


# Without checks: opening the file gives a better error.
CAPTURE = _CaptureType(readable=False)


def _offered(incomplete: str) -> list[CompletionItem]:
    """What goes on from `incomplete`; [] if the shell knows better, which quotes names."""
    captures, has_folders = _paths(incomplete)
    if incomplete.startswith("@") and not captures:
        return list(_places(incomplete))
    if not captures and has_folders:
        return [CompletionItem(incomplete, type="dir")]
    names = sorted(captures or _names(incomplete))
    # The last one stays: with the first it decides how far all are alike.
    names = [*names[: _OFFERED - 1], *names[_OFFERED - 1 :][-1:]]
    return list(map(CompletionItem, names)) if all(map(_PLAIN.fullmatch, names)) else []


def _paths(incomplete: str) -> tuple[list[str], bool]:
    """The paths that begin so, of captures and the folders beside them; and whether of folders.

    Without captures, the shell completes folders better: no space follows them.
    """
    folder, slash, beginning = incomplete.rpartition("/")
    captures, folders = [], []
    try:
        entries = os.scandir(os.path.expanduser(f"{folder}{slash}") or ".")
    except OSError:
        return [], False
    with entries:
        for entry in entries:
            if not entry.name.startswith(beginning) or entry.name[0] == "." != beginning[:1]:
                continue
            if entry.is_dir():
                folders.append(f"{folder}{slash}{entry.name}/")
            elif entry.name.endswith(SUFFIX):
                captures.append(f"{folder}{slash}{entry.name}")
    return captures and captures + folders, bool(folders)


def _names(part: str) -> list[str]:
    """The names in ./captures that begin so, or else the only one with that part.

    bash puts what several have in common in the place of what was typed.
    """
    if not part or "/" in part:
        return []
    names = {name for _, name in listed(DEFAULT_FOLDER) if part in name}
    return [name for name in names if name.startswith(part) or len(names) == 1]


def _places(incomplete: str) -> Iterator[CompletionItem]:
    """`@1`, ... as far as they begin so, each with the capture that it stands for."""
    for place, capture in enumerate(islice(open_newest(DEFAULT_FOLDER, []), _PLACES), 1):
        if f"@{place}".startswith(incomplete):
            yield CompletionItem(f"@{place}", help=capture.path.name)
