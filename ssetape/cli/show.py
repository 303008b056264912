"""`ssetape show`: show a capture's messages or chunks."""

from collections.abc import Iterable, Iterator

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import each_of
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.selection import Selection, pretty, selection_options
from ssetape.cli.running import awaited
from ssetape.cli.terminal.binary import binary_output
from ssetape.cli.terminal.ends import print_end, print_head
from ssetape.cli.terminal.output import (
    json_line,
    note,
    print_lines,
    terminal_width,
)
from ssetape.cli.terminal.rows import rows_for_stdout
from ssetape.format.values import WEBSOCKET
from ssetape.messages.decoding import BodyDecoder
from ssetape.messages.message import TimedComment
from ssetape.output.printable import printable
from ssetape.showing.messages import fields, sayings_of
from ssetape.showing.rows import Content, Rows, chunk_row
from ssetape.showing.selected import Selected


@click.command()
@click.argument("captures", nargs=-1, type=CAPTURE, metavar="[CAPTURE]...")
@click.option("--chunks", is_flag=True, help="Show chunks instead of messages.")
@click.option("--raw", is_flag=True, help="Print the body's bytes as received, nothing else.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per message (or chunk).")
@click.option(
    "--full",
    is_flag=True,
    help="Show all data, JSON indented; with --chunks, the body with its chunk boundaries.",
)
@click.option("--data", "as_data", is_flag=True, help="Show the data as it came, without words.")
@selection_options
def command(
    captures: tuple[str, ...],
    chunks: bool,
    raw: bool,
    as_json: bool,
    full: bool,
    as_data: bool,
    selection: Selection,
) -> None:
    """Show a capture's messages, each with its time; - reads a capture from stdin.

    Of a protocol that is known, a row says what the message added to the answer.

    CAPTURE is a file, a folder (its newest), a part of a name in ./captures that no other has, or
    @1 for the newest there, @2 for the one before; by default the newest.

    \b
    Example:
        ssetape show captures/chat-20261123-093012-3f9a2c.ssetape
        ssetape show @2
        ssetape show --json answer.ssetape | jq -r .said
        ssetape show --full --event error answer.ssetape
        ssetape show --path 'choices[0].delta.content' --since 1.5 --head 20 answer.ssetape
        ssetape show --chunks answer.ssetape
    """
    if raw and (chunks or as_json):
        raise click.UsageError("--raw prints only the bytes: leave out --chunks and --json")
    if (raw or chunks) and selection != Selection():
        raise click.UsageError(
            "the options from --since to --tail select messages: leave out --chunks and --raw"
        )
    if full and (raw or as_json):
        raise click.UsageError("--full is for people: leave out --raw and --json")
    if as_data and (raw or chunks or as_json or full):
        raise click.UsageError("--data is for rows: leave out --raw, --chunks, --json and --full")
    content = Content.WORDS_ALONE if full else Content.WORDS
    if as_data or selection.path is not None:
        content = Content.DATA

    def show(opened: Capture) -> None:
        _show_one(opened, chunks, raw, as_json, full, selection, content)

    each_of(captures, show, has_headings=not (raw or as_json))


def _show_one(
    opened: Capture,
    chunks: bool,
    raw: bool,
    as_json: bool,
    full: bool,
    selection: Selection,
    content: Content,
) -> None:
    if opened.kind == WEBSOCKET and (raw or chunks):
        raise click.UsageError(
            f"{opened.name} has WebSocket messages, not chunks: leave out --chunks and --raw"
        )
    if raw:
        _show_raw(opened)
    elif chunks:
        _show_body(opened) if full else _show_chunks(opened, as_json)
    elif as_json:
        _show_json(opened, selection)
    else:
        _show(opened, selection, full, content)
    for problem in opened.problems:
        note(problem)


def _show(capture: Capture, selection: Selection, full: bool, content: Content) -> None:
    # With a bound at the end, the rest of the capture is not read.
    is_whole = selection.head is None and selection.until_s is None
    rows = rows_for_stdout(content, capture if is_whole else None)
    remarks: list[str] = []
    sayings = sayings_of(capture, remarks.append, with_words=rows.has_words)
    print_lines(_lines(selection.apply(sayings, print_head(capture)), full, rows))
    print_end(capture)
    for remark in remarks:  # lines are printed many at a time: it would come before them
        note(remark)
    for request in awaited.among_neighbours(capture) if is_whole else ():
        note(f"in a replay it waits for {request}")


def _lines(shown: Iterable[Selected], full: bool, rows: Rows) -> Iterator[str]:
    for selected in shown:
        yield rows.line(selected)
        if full and not isinstance(selected.item, TimedComment):
            for each in pretty(selected.text):
                yield f"    {printable(each)}"


def _show_json(capture: Capture, selection: Selection) -> None:
    messages = (
        said for said in sayings_of(capture, note) if not isinstance(said.item, TimedComment)
    )
    for item, text, _, phrases in selection.apply(messages):
        assert not isinstance(item, TimedComment)
        json_line(fields(item, text, phrases))


def _show_raw(capture: Capture) -> None:
    with binary_output() as out:
        for chunk in capture.chunks():
            out.write(chunk.data)


def _show_chunks(capture: Capture, as_json: bool) -> None:
    before_s = 0.0
    width = terminal_width()
    if not as_json:
        before_s = print_head(capture)
    for chunk in capture.chunks():
        if as_json:
            json_line({"t": chunk.t_s, "size": len(chunk.data)})
            continue
        click.echo(chunk_row(chunk, before_s, width))
        before_s = chunk.t_s
    if not as_json:
        print_end(capture)


def _show_body(capture: Capture) -> None:
    """Print the body, with a mark before each chunk: the time since the chunk before."""
    before_s = print_head(capture)
    decoder = BodyDecoder(capture.response.headers if capture.response else [])
    for chunk in capture.chunks():
        click.echo(
            click.style(f"|+{(chunk.t_s - before_s) * 1000:.0f} ms|", reverse=True), nl=False
        )
        before_s = chunk.t_s
        for piece in decoder.feed(chunk.data):
            # A character split between chunks is shown as bytes, in both.
            lines = piece.decode("utf-8", "backslashreplace").split("\n")
            click.echo("\n".join(map(printable, lines)), nl=False)
    click.echo()
    print_end(capture)
