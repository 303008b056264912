"""Prints an exchange's head and end: the lines above and below its messages."""

import click

from ssetape.cli.terminal.colours import has_colours
from ssetape.format.file import CaptureFile
from ssetape.showing.capture_head import head_of
from ssetape.showing.ends import end_lines


def print_head(capture: CaptureFile) -> float:
    """Print the request and the response head; return the head's time, or 0.0 without a head."""
    click.echo("\n".join(head_of(capture, colours=has_colours())))
    return 0.0 if capture.response is None else capture.response.t_s


def print_end(capture: CaptureFile) -> None:
    """Print how the exchange ended."""
    click.echo("\n".join(end_lines(capture.end, colours=has_colours())))
