"""An exchange's head and end: the lines above and below its messages."""

import click

from ssetape.cli.terminal.messages import times
from ssetape.format import provenance
from ssetape.format.file import CaptureFile
from ssetape.format.values import End, header_values
from ssetape.output.printable import printable


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
    encoding = "".join(f" {e}" for e in header_values(response.headers, "content-encoding"))
    if remarks := provenance.remarks(response):
        encoding += f" ({'; '.join(remarks)})"
    head = f"{response.http_version} {response.status}{reason}  {content_type}{encoding}"
    click.echo(f"{times(response.t_s, 0.0)}  {printable(head)}")
    return response.t_s


def print_end(capture: CaptureFile) -> None:
    """Print how the exchange ended."""
    end = capture.end
    if end is None:
        click.echo(f"{'':>21}  interrupted: recording stopped before the stream's end")
        return
    words = end.reason + (f": {end.error}" if end.error else "") + words_of_close(end)
    click.echo(f"{end.t_s:>10.3f} {'':>10}  {printable(words)}")


def words_of_close(end: End) -> str:
    """How a WebSocket was closed, for the last line; "" if unknown."""
    if end.close is None:
        return ""
    reason = f" {end.close.reason!r}" if end.close.reason else ""
    return f", {end.close.code}{reason} by the {'client' if end.close.by_client else 'server'}"
