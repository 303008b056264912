"""An exchange's head and end: the lines above and below its messages."""

import click

from ssetape.cli.terminal.colours import Look, has_colours, line_from
from ssetape.cli.terminal.rows import times
from ssetape.format import provenance
from ssetape.format.codings import codings
from ssetape.format.file import CaptureFile
from ssetape.format.values import End, header_values
from ssetape.output.printable import printable

# The first status that is an error (RFC 9110 section 15).
_ERRORS = 400


def print_head(capture: CaptureFile) -> float:
    """Print the request and the response head; return the head's time, or 0.0 without a head."""
    request, response = capture.request, capture.response
    click.echo(printable(f"{request.method} {request.url} {request.http_version}".rstrip()))
    if words := provenance.origin(capture):
        click.echo(printable(words))
    if response is None:
        click.echo("no response head")
        return 0.0
    content_type = ", ".join(header_values(response.headers, "content-type"))
    reason = f" {response.reason}" if response.reason else ""
    encoding = "".join(f" {e}" for e in codings(response.headers))
    if remarks := provenance.remarks(response, provenance.decoded_how(capture)):
        encoding += f" ({'; '.join(remarks)})"
    look = Look.ALARM if response.status >= _ERRORS else Look.PLAIN
    head = [
        (f"{times(response.t_s, 0.0)}  ", Look.PLAIN),
        (printable(f"{response.http_version} {response.status}{reason}"), look),
        (printable(f"  {content_type}{encoding}"), Look.PLAIN),
    ]
    click.echo(line_from(head, None, colours=has_colours()))
    return response.t_s


def print_end(capture: CaptureFile) -> None:
    """Print how the exchange ended."""
    end = capture.end
    if end is None:
        time = f"{'':>21}  "
        words = "interrupted: recording stopped before the stream's end"
    else:
        time = f"{end.t_s:>10.3f} {'':>10}  "
        words = end.reason + (f": {end.error}" if end.error else "") + words_of_close(end)
    look = Look.PLAIN if end is not None and end.is_complete else Look.ALARM
    pieces = [(time, Look.PLAIN), (printable(words), look)]
    click.echo(line_from(pieces, None, colours=has_colours()))
    if end is not None and (words := provenance.altered(end)):
        click.echo(printable(words))


def words_of_close(end: End) -> str:
    """How a WebSocket was closed, for the last line; "" if unknown."""
    if end.close is None:
        return ""
    reason = f" {end.close.reason!r}" if end.close.reason else ""
    return f", {end.close.code}{reason} by the {'client' if end.close.by_client else 'server'}"
