"""A line at the bottom of the terminal that stays while text scrolls above it."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ssetape.cli.terminal.colours import has_colours
from ssetape.showing.colours import Look, line_from

# On fewer lines, what is left above the status would be hard to read.
_LEAST_LINES = 5
_SAVE, _RESTORE = "\x1b7", "\x1b8"


class Status:
    """The line, on a terminal so high; shows nothing if that is 0."""

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._shown = ""

    @property
    def is_there(self) -> bool:
        """Whether there is such a line."""
        return self._lines > 0

    def show(self, words: str) -> None:
        """Show these words instead, unless they are there already."""
        if not self._lines or words == self._shown:
            return
        self._shown = words
        width, lines = shutil.get_terminal_size()
        if lines != self._lines:
            self._lines = lines
            # The line as it was may now be among the text's: all below the text goes.
            _send(f"\x1b[J{_SAVE}\x1b[1;{lines - 1}r{_RESTORE}")
        # A full last column may begin a new line.
        line = line_from([(words, Look.QUIET)], width - 1, colours=has_colours())
        _send(f"{_SAVE}\x1b[{lines};1H\x1b[2K{line}{_RESTORE}")

    def cleared(self) -> None:
        """Show the words anew: the whole screen was cleared."""
        self._shown = ""


@contextmanager
def status(*, is_wanted: bool) -> Iterator[Status]:
    """The line, if it is wanted and stdout's terminal can have it, until the end of the block."""
    lines = shutil.get_terminal_size().lines
    knows_how = sys.stdout.isatty() and os.environ.get("TERM") not in (None, "", "dumb")
    if not (is_wanted and knows_how and lines >= _LEAST_LINES):
        yield Status(0)
        return
    # Only the lines above scroll; the cursor stays, but not in the last line.
    _send(f"\n\x1b[1A{_SAVE}\x1b[1;{lines - 1}r{_RESTORE}")
    try:
        yield Status(lines)
    finally:
        last = shutil.get_terminal_size().lines
        _send(f"{_SAVE}\x1b[r\x1b[{last};1H\x1b[2K{_RESTORE}")


def _send(sequence: str) -> None:
    click.echo(sequence, nl=False)
