"""`ssetape ls`: list captures."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.listing import Listed, Listing, Ranked, listing_options
from ssetape.cli.terminal.list_table import cells, print_list, word_cells
from ssetape.cli.terminal.output import encoded, json_lines, note, terminal_width
from ssetape.cli.terminal.progress import progress
from ssetape.errors import CaptureError
from ssetape.format.values import WEBSOCKET, header_values

# Rows that get the words of their captures unasked: each takes a quarter of a millisecond or more.
_WORDS_LIMIT = 1000


class _Found(NamedTuple):
    """What is kept of a capture: there may be many.

    Attributes:
        printed: its line of JSON, or its cells.
        comes_last: whether it is shown after the streams.
    """

    path: Path
    name: str
    printed: Any
    comes_last: bool


@click.command()
@click.argument("paths", type=CAPTURE, nargs=-1, metavar="[PATH]...")
@listing_options
@click.option("-l", "is_long", is_flag=True, help="All columns, with the words of each capture.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per capture.")
def command(paths: tuple[str, ...], listing: Listing, is_long: bool, as_json: bool) -> None:
    """List captures in files, and in folders at any depth; ./captures if no PATH is given.

    On a terminal, streams come first, with the first words and the model of each answer in a list
    of at most 1000 captures, and columns without room are left out. -l shows everything, also to
    programs.

    FIELD is started, host, path (of the URL), method, kind, status, chunks, bytes, duration, end,
    file, or one that needs a look into each capture: first_text, protocol, model, text. COND is
    FIELD=VALUE, FIELD!=VALUE or FIELD~REGEX.

    \b
    Example:
        ssetape ls
        ssetape ls --sort -duration --limit 10
        ssetape ls --where 'status~[45]..' --where host=api.example.com
        ssetape ls --json captures | jq 'select(.status != 200)'
    """
    on_terminal = terminal_width() is not None and not as_json
    problems: list[str] = []
    ranked: list[Ranked[_Found]] = []
    with progress(open_each(paths, problems, with_ends=True), "reading") as each:
        for capture in each:
            try:
                listed = Listed(capture, summary(capture))
                if not listing.takes(listed):
                    continue
                printed = _json(listed, is_long) if as_json else cells(listed.line)
                comes_last = on_terminal and listing.sort is None and _comes_last(capture)
                found = _Found(capture.path, capture.name, printed, comes_last)
                ranked.append(listing.ranked(listed, found))
            except CaptureError as error:
                problems.append(str(error))
    chosen = listing.order(ranked)
    chosen.sort(key=lambda found: found.comes_last)
    words = None
    if not as_json and (is_long or (on_terminal and len(chosen) <= _WORDS_LIMIT)):
        with progress(chosen, "reading words") as each_found:
            words = [_words(found, is_long, problems) for found in each_found]
    for problem in dict.fromkeys(problems):
        note(problem)
    if chosen and not as_json:
        rows = [found.printed for found in chosen]
        print_list(rows, words, sort=listing.sort, is_long=is_long)
        if on_terminal and words is None:
            note(f"more than {_WORDS_LIMIT} captures: -l reads their words, --limit shows fewer")
    elif chosen:
        json_lines(found.printed for found in chosen)
    if problems:
        sys.exit(1)


def _json(listed: Listed, is_long: bool) -> bytes:
    line = listed.line
    if is_long:
        begins = listed.beginning
        said = {"protocol": begins.protocol, "model": begins.model}
        line = {**line, **said, "first_text_s": begins.first_text_s, "text": begins.text}
    # Copied, as orjson shrinks its bytes afterwards, which would leave holes in memory.
    return memoryview(encoded(line)).tobytes()


def _comes_last(capture: Capture) -> bool:
    from ssetape.messages.ordinary import is_ordinary

    return is_ordinary(capture)


def _words(found: _Found, is_long: bool, problems: list[str]) -> tuple[str, ...]:
    from ssetape.meaning.beginning import MESSAGES_LIMIT, Beginning, beginning_of

    try:
        capture = Capture(found.path, name=found.name)
        return word_cells(beginning_of(capture, None if is_long else MESSAGES_LIMIT))
    except CaptureError as error:
        problems.append(str(error))
        return word_cells(Beginning(None, None, None, ""))


def summary(capture: Capture) -> dict[str, Any]:
    """The JSON object for one capture, documented in `docs/json.md`."""
    response = capture.response
    end = capture.end
    if end is not None and end.chunks is not None and end.size_bytes is not None:
        chunks, size_bytes, duration_s = end.chunks, end.size_bytes, end.t_s
    else:
        chunks = size_bytes = 0
        duration_s = response.t_s if response else 0.0
        pieces = capture.messages() if capture.kind == WEBSOCKET else capture.chunks()
        for piece in pieces:
            chunks += 1
            size_bytes += len(piece.data)
            duration_s = piece.t_s
    content_types = header_values(response.headers, "content-type") if response else []
    return {
        "path": capture.name,
        "id": capture.id,
        "kind": capture.kind,
        "started": capture.started,
        "method": capture.request.method,
        "url": capture.request.url,
        "status": response.status if response else None,
        "http_version": response.http_version if response else None,
        "content_type": content_types[0] if content_types else None,
        "chunks": chunks,
        "bytes": size_bytes,
        "duration_s": duration_s,
        "end": end.reason if end else None,
    }
