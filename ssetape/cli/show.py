"""`ssetape show`: what is in a capture."""

import sys
from collections.abc import Iterator

import click

from ssetape.capture import Capture
from ssetape.cli import _messages
from ssetape.cli._captures import open_one
from ssetape.cli._output import json_line, note, printable, shortened, terminal_width
from ssetape.records import WEBSOCKET, header_values
from ssetape.timeline import EventTimeline, TimedComment, TimedEvent


@click.command(short_help="Show a capture's messages or chunks.")
@click.argument("capture")
@click.option("--chunks", is_flag=True, help="The chunks instead of the messages.")
@click.option("--raw", is_flag=True, help="The body's bytes as received, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a message (or chunk).")
def command(capture: str, chunks: bool, raw: bool, as_json: bool) -> None:
    """Show a capture's messages, each with its time; - reads a capture from stdin.

    \b
    Example:
        ssetape show captures/20261123-093012-api.example.com-v1-chat-3f9a2c.ssetape
        ssetape show --json answer.ssetape | jq -r .data
        ssetape show --chunks answer.ssetape
    """
    if raw and (chunks or as_json):
        raise click.UsageError("--raw prints the bytes alone: leave out --chunks and --json")
    opened = open_one(capture)
    if opened.kind == WEBSOCKET:
        if raw or chunks:
            raise click.UsageError(
                f"{opened.name} is a WebSocket's, which has messages: leave out --chunks and --raw"
            )
        _messages.print_json(opened) if as_json else _show_messages(opened)
    elif raw:
        _show_raw(opened)
    elif chunks:
        _show_chunks(opened, as_json)
    elif as_json:
        _show_json(opened)
    else:
        _show(opened)
    for problem in opened.problems:
        note(problem)


def _show_raw(capture: Capture) -> None:
    for chunk in capture.chunks():
        sys.stdout.buffer.write(chunk.data)
    sys.stdout.buffer.flush()


def _show_chunks(capture: Capture, as_json: bool) -> None:
    before_s = 0.0
    width = terminal_width()
    if not as_json:
        before_s = _print_head(capture)
    for chunk in capture.chunks():
        if as_json:
            json_line({"t": chunk.t_s, "size": len(chunk.data)})
            continue
        text = printable(chunk.data.decode("utf-8", "backslashreplace"))
        line = f"{_times(chunk.t_s, before_s)}  {len(chunk.data):>7} B  {text}"
        click.echo(shortened(line, width))
        before_s = chunk.t_s
    if not as_json:
        _print_end(capture)


def _show_json(capture: Capture) -> None:
    for item in _items(capture):
        if isinstance(item, TimedEvent):
            json_line(
                {
                    "t": item.t_s,
                    "t_first": item.t_first_s,
                    "event": item.event,
                    "data": item.data,
                    "id": item.id,
                    "retry": item.retry_ms,
                }
            )


def _show(capture: Capture) -> None:
    before_s = _print_head(capture)
    width = terminal_width()
    for item in _items(capture):
        times = _times(item.t_s, before_s)
        if isinstance(item, TimedComment):
            line = f"{times}  :{printable(item.text)}"
        else:
            marks = f"{printable(item.event)}"
            marks += f" #{printable(item.id)}" if item.id else ""
            marks += f" retry={item.retry_ms}" if item.retry_ms is not None else ""
            line = f"{times}  {marks:<10}  {printable(item.data)}"
        click.echo(shortened(line, width))
        before_s = item.t_s
    _print_end(capture)


def _show_messages(capture: Capture) -> None:
    before_s = _print_head(capture)
    width = terminal_width()
    for message in capture.messages():
        line = f"{_times(message.t_s, before_s)}  {_messages.line_of(message)}"
        click.echo(shortened(line, width))
        before_s = message.t_s
    _print_end(capture)


def _items(capture: Capture) -> Iterator[TimedEvent | TimedComment]:
    """Events and comments in the order of the stream; tells of an unfinished event at its end."""
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
        note("there are no events in it, as in no event stream: try --chunks or --raw")
    elif unfinished is not None:
        note(
            f"the stream ends within an event, from byte {unfinished.start} on, which clients "
            f"never see: {shortened(unfinished.data, 60)!r}"
        )


def _is_labelled(capture: Capture) -> bool:
    headers = capture.response.headers if capture.response else []
    labels = ",".join(header_values(headers, "content-type"))
    return "text/event-stream" in labels.lower()


def _print_head(capture: Capture) -> float:
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
    click.echo(f"{_times(response.t_s, 0.0)}  {printable(head)}")
    return response.t_s


def _print_end(capture: Capture) -> None:
    end = capture.end
    if end is None:
        click.echo(f"{'':>21}  interrupted: recording stopped before the stream's end")
        return
    words = end.reason + (f": {end.error}" if end.error else "") + _messages.words_of_close(end)
    click.echo(f"{end.t_s:>10.3f} {'':>10}  {printable(words)}")


def _times(t_s: float, before_s: float) -> str:
    return f"{t_s:>10.3f} {t_s - before_s:>+10.3f}"
