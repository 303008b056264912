"""An exchange's head and end: the lines above and below its messages. Pure."""

from collections.abc import Sequence

from ssetape.format.codings import codings
from ssetape.format.values import End, Request, Response, header_values
from ssetape.output.printable import printable
from ssetape.showing.colours import Look, line_from
from ssetape.showing.rows import times

# The first status that is an error (RFC 9110 section 15).
_ERRORS = 400


def head_lines(
    request: Request,
    response: Response | None,
    *,
    origin: str = "",
    remarks: Sequence[str] = (),
    colours: bool = False,
) -> list[str]:
    """The lines for a request and the head of its response.

    Args:
        origin: where the capture is from, "" for a proxy, and
        remarks: what to know of its bytes; both as `ssetape.format.provenance` has them.
    """
    lines = [printable(f"{request.method} {request.url} {request.http_version}".rstrip())]
    if origin:
        lines.append(printable(origin))
    if response is None:
        return [*lines, "no response head"]
    content_type = ", ".join(header_values(response.headers, "content-type"))
    reason = f" {response.reason}" if response.reason else ""
    encoding = "".join(f" {e}" for e in codings(response.headers))
    if remarks:
        encoding += f" ({'; '.join(remarks)})"
    look = Look.ALARM if response.status >= _ERRORS else Look.PLAIN
    head = [
        (f"{times(response.t_s, 0.0)}  ", Look.PLAIN),
        (printable(f"{response.http_version} {response.status}{reason}"), look),
        (printable(f"  {content_type}{encoding}"), Look.PLAIN),
    ]
    return [*lines, line_from(head, None, colours=colours)]


def end_lines(end: End | None, *, colours: bool = False) -> list[str]:
    """The lines that say how an exchange ended, and what the client got if that was not this."""
    if end is None:
        time = f"{'':>21}  "
        words = "interrupted: recording stopped before the stream's end"
    else:
        time = f"{end.t_s:>10.3f} {'':>10}  "
        words = end.reason + (f": {end.error}" if end.error else "") + words_of_close(end)
    look = Look.PLAIN if end is not None and end.is_complete else Look.ALARM
    last = line_from([(time, Look.PLAIN), (printable(words), look)], None, colours=colours)
    got = altered(end) if end is not None else ""
    return [last, printable(got)] if got else [last]


def altered(end: End) -> str:
    """What the client got in place of what is here; "" if it got that."""
    faults = f", with the faults {', '.join(end.faults)}" if end.faults else ""
    if end.client is None:
        return f"the client got other bytes{faults}" if end.altered else ""
    share = end.client
    events = "" if share.events is None else f"events: {share.events}, "
    return (
        f"the client got {events}bytes: {share.size_bytes}, and {share.reason} at "
        f"{share.t_s:.3f} s{faults}"
    )


def words_of_close(end: End) -> str:
    """How a WebSocket was closed, for the last line; "" if unknown."""
    if end.close is None:
        return ""
    reason = f" {end.close.reason!r}" if end.close.reason else ""
    return f", {end.close.code}{reason} by the {'client' if end.close.by_client else 'server'}"
