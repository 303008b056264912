"""Prints an exchange's head and end: the lines above and below its messages."""

import click

from ssetape.cli.terminal.colours import has_colours
from ssetape.format import provenance
from ssetape.format.file import CaptureFile
from ssetape.showing.ends import end_line, head_lines


def print_head(capture: CaptureFile) -> float:
    """Print the request and the response head; return the head's time, or 0.0 without a head."""
    response = capture.response
    how = provenance.decoded_how(capture)
    lines = head_lines(
        capture.request,
        response,
        origin=provenance.origin(capture),
        remarks=[] if response is None else provenance.remarks(response, how),
        colours=has_colours(),
    )
    click.echo("\n".join(lines))
    return 0.0 if response is None else response.t_s


def print_end(capture: CaptureFile) -> None:
    """Print how the exchange ended."""
    click.echo(end_line(capture.end, colours=has_colours()))
