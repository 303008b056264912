"""A capture's messages as lines for people."""

import math
from collections.abc import Callable, Iterator

import click

from ssetape.capture import Capture
from ssetape.cli.terminal import socket_messages
from ssetape.cli.terminal.output import note, printable, shortened
from ssetape.cli.terminal.plots import bar
from ssetape.format.values import WEBSOCKET, Message, header_values
from ssetape.meaning.reading import Meaning
from ssetape.messages.events import Events
from ssetape.messages.framing import StreamMessage, framing_of
from ssetape.messages.timeline import EventTimeline, TimedComment, TimedEvent

Item = TimedEvent | TimedComment | StreamMessage | Message

# A gap of a millisecond has no bar, one of 10 s all of it; between, by the logarithm.
_BAR_COLUMNS = 8
_SHORTEST_S, _DECADES = 0.001, 4


def items_of(capture: Capture, tell: Callable[[str], object] = note) -> Iterator[Item]:
    """Give a capture's messages in the order of the stream; events with comments between.

    Args:
        tell: is told what is worth a word at the end.
    """
    if capture.kind == WEBSOCKET:
        yield from capture.messages()
        return
    headers = capture.response.headers if capture.response else []
    framing = framing_of(headers, capture.chunks())
    if framing is not None and framing.framer is not Events:
        meaning = Meaning(capture)
        yield from meaning.messages()
        for problem in meaning.problems:
            tell(problem)
        return
    yield from _events(capture, tell)


def _events(capture: Capture, tell: Callable[[str], object]) -> Iterator[TimedEvent | TimedComment]:
    """Events and comments; tells of an unfinished event at the end."""
    timeline = EventTimeline(capture.response.headers if capture.response else [])
    found = came = False
    for chunk in capture.chunks():
        came = True
        items: list[TimedEvent | TimedComment] = [*timeline.feed(chunk), *timeline.comments]
        yield from sorted(items, key=lambda item: item.start)
        timeline.comments.clear()
        found = found or bool(items)
    unfinished = timeline.unfinished()
    if came and not found and not (unfinished and unfinished.data) and not _is_labelled(capture):
        tell("there are no events in it, as in no event stream: try --chunks or --raw")
    elif unfinished is not None:
        tell(
            f"the stream ends within an event, from byte {unfinished.start} on, which clients "
            f"never see: {shortened(unfinished.data, 60)!r}"
        )


def _is_labelled(capture: Capture) -> bool:
    headers = capture.response.headers if capture.response else []
    labels = ",".join(header_values(headers, "content-type"))
    return "text/event-stream" in labels.lower()


def line_of(item: Item, text: str, before_s: float, *, bars: bool) -> str:
    """An item on one line: its time, the gap before it, what it is, and `text` of its data."""
    start = times(item.t_s, before_s, bars=bars)
    if isinstance(item, TimedComment):
        return f"{start}  :{printable(text)}"
    if isinstance(item, Message):
        return f"{start}  {socket_messages.line_of(item, text)}"
    if isinstance(item, TimedEvent):
        marks = printable(item.event)
        marks += f" #{printable(item.id)}" if item.id else ""
        marks += f" retry={item.retry_ms}" if item.retry_ms is not None else ""
    else:
        marks = printable(item.name) + " error" * item.is_error
    return f"{start}  {marks:<10}  {printable(text)}" if marks else f"{start}  {printable(text)}"


def times(t_s: float, before_s: float, *, bars: bool = False) -> str:
    """A time and the gap before it, in columns; with a bar as long as the gap."""
    gap_s = t_s - before_s
    columns = f"{t_s:>10.3f} {gap_s:>+10.3f}"
    if not bars:
        return columns
    share = math.log10(gap_s / _SHORTEST_S) / _DECADES if gap_s > _SHORTEST_S else 0.0
    return f"{columns} {bar(share, _BAR_COLUMNS):<{_BAR_COLUMNS}}"


def print_head(capture: Capture) -> float:
    """Print request and response head; give the head's time."""
    request, response = capture.request, capture.response
    click.echo(printable(f"{request.method} {request.url} {request.http_version}".rstrip()))
    if capture.imported:
        known = (f"{name}: {capture.imported.get(name)}" for name in ("from", "times", "bytes"))
        click.echo(printable(f"imported {', '.join(known)}"))
    if response is None:
        click.echo("no response head")
        return 0.0
    content_type = ", ".join(header_values(response.headers, "content-type"))
    reason = f" {response.reason}" if response.reason else ""
    encoding = "".join(f" {e}" for e in header_values(response.headers, "content-encoding"))
    head = f"{response.http_version} {response.status}{reason}  {content_type}{encoding}"
    click.echo(f"{times(response.t_s, 0.0)}  {printable(head)}")
    return response.t_s


def print_end(capture: Capture) -> None:
    """Print how the exchange ended."""
    end = capture.end
    if end is None:
        click.echo(f"{'':>21}  interrupted: recording stopped before the stream's end")
        return
    words = (
        end.reason + (f": {end.error}" if end.error else "") + socket_messages.words_of_close(end)
    )
    click.echo(f"{end.t_s:>10.3f} {'':>10}  {printable(words)}")
