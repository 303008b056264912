"""`ssetape ls`: list captures."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.jobs import jobs_option
from ssetape.cli.options.listing import Listed, Listing, Ranked, listing_options
from ssetape.cli.terminal.list_table import cells, print_list, word_cells
from ssetape.cli.terminal.output import encoded, json_lines, note, terminal_width
from ssetape.cli.terminal.progress import progress
from ssetape.cores.reading import each_read
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
@jobs_option
def command(
    paths: tuple[str, ...], listing: Listing, is_long: bool, as_json: bool, jobs: int | None
) -> None:
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
    has_words = listing.needs_a_look or (as_json and is_long)
    sorts_ordinary = on_terminal and listing.sort is None
    work = partial(
        _ranked, listing=listing, is_long=is_long, as_json=as_json, sorts_ordinary=sorts_ordinary
    )
    captures = open_each(paths, problems, with_ends=True)
    # First lines alone are read sooner than they are asked for elsewhere.
    with progress(each_read(work, captures, jobs if has_words else 1), "reading") as each:
        for _, items in each:
            try:
                ranked += items
            except CaptureError as error:
                problems.append(str(error))
    chosen = listing.order(ranked)
    chosen.sort(key=lambda found: found.comes_last)
    words = None
    if not as_json and (is_long or (on_terminal and len(chosen) <= _WORDS_LIMIT)):
        words = _all_words(chosen, is_long, problems, jobs)
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


def _ranked(
    capture: Capture, *, listing: Listing, is_long: bool, as_json: bool, sorts_ordinary: bool
) -> Iterator[Ranked[_Found]]:
    """Yield what is kept of a capture, if it is listed."""
    listed = Listed(capture, summary(capture))
    if listing.takes(listed):
        printed = _json(listed, is_long) if as_json else cells(listed.line)
        comes_last = sorts_ordinary and listed.is_ordinary
        found = _Found(capture.path, capture.name, printed, comes_last)
        yield listing.ranked(listed, found)


def _all_words(
    chosen: list[_Found], is_long: bool, problems: list[str], jobs: int | None
) -> list[tuple[str, ...]]:
    """The cells of what each capture says; without a word if it cannot be read any more."""
    from ssetape.meaning.beginning import Beginning

    said: dict[str, tuple[str, ...]] = {}
    work = partial(_words, is_long=is_long)
    read = each_read(work, _opened(chosen, problems), jobs)
    with progress(read, "reading words", len(chosen)) as each:
        for name, items in each:
            try:
                said[name] = next(items)
            except CaptureError as error:
                problems.append(str(error))
    nothing = word_cells(Beginning(None, None, None, ""))
    return [said.get(found.name, nothing) for found in chosen]


def _opened(chosen: list[_Found], problems: list[str]) -> Iterator[Capture]:
    for found in chosen:
        try:
            yield Capture(found.path, name=found.name)
        except CaptureError as error:
            problems.append(str(error))


def _words(capture: Capture, *, is_long: bool) -> Iterator[tuple[str, ...]]:
    from ssetape.meaning.beginning import MESSAGES_LIMIT, beginning_of

    yield word_cells(beginning_of(capture, None if is_long else MESSAGES_LIMIT))


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
