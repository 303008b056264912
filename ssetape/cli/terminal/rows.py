"""Rows of messages for stdout as it is."""

from ssetape.cli.terminal.colours import has_colours
from ssetape.cli.terminal.output import terminal_width
from ssetape.format.file import CaptureFile
from ssetape.showing.rows import Content, Rows
from ssetape.showing.stalls import stalls_of


def rows_for_stdout(content: Content, capture: CaptureFile | None = None) -> Rows:
    """What makes the rows of one capture.

    Args:
        capture: is read for its longest gaps if they are to be coloured; None to colour none.
    """
    colours = has_colours()
    stalls = stalls_of(capture) if colours and capture is not None else set()
    return Rows(content, width=terminal_width(), colours=colours, stalls=stalls)
