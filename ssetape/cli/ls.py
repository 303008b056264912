"""`ssetape ls`: list captures."""

import sys
from operator import itemgetter
from typing import Any

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each
from ssetape.cli.options.paths import PATH
from ssetape.cli.terminal.output import encoded, json_lines, note, table
from ssetape.cli.terminal.progress import progress
from ssetape.errors import CaptureError
from ssetape.format.values import WEBSOCKET, header_values

_HEADINGS = ("started, UTC", "request", "status", "chunks", "bytes", "time", "end", "file")


@click.command()
@click.argument("paths", type=PATH, nargs=-1, metavar="[PATH]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per capture.")
def command(paths: tuple[str, ...], as_json: bool) -> None:
    """List captures in files, and in folders at any depth; ./captures if no PATH is given.

    \b
    Example:
        ssetape ls
        ssetape ls --json captures | jq 'select(.status != 200)'
    """
    problems: list[str] = []
    # Keep only what is printed, as there may be many captures.
    found: list[tuple[str, Any]] = []
    with progress(open_each(paths, problems, with_ends=True), "reading") as each:
        for capture in each:
            try:
                line = summary(capture)
            except CaptureError as error:
                problems.append(str(error))
            else:
                # Copied, as orjson shrinks its bytes afterwards, which would leave holes in memory.
                kept = memoryview(encoded(line)).tobytes() if as_json else _row(line)
                found.append((capture.started, kept))
    for problem in problems:
        note(problem)
    found.sort(key=itemgetter(0))
    if found and not as_json:
        numbers = ("chunks", "bytes", "time")
        table(_HEADINGS, (row for _, row in found), numbers, long=("request", "file"))
    elif found:
        json_lines(line for _, line in found)
    if problems:
        sys.exit(1)


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


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    return (
        line["started"][:19].replace("T", " "),
        f"{line['method']} {line['url'].partition('://')[2]}",
        str(line["status"] or "-"),
        str(line["chunks"]),
        str(line["bytes"]),
        f"{line['duration_s']:.2f} s",
        line["end"] or "interrupted",
        line["path"],
    )
