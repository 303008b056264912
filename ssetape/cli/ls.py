"""`ssetape ls`: captures in folders."""

import sys
from typing import Any

import click

from ssetape.capture import Capture
from ssetape.cli._captures import open_paths
from ssetape.cli._output import json_line, note, table
from ssetape.errors import CaptureError
from ssetape.records import WEBSOCKET, header_values


@click.command(short_help="List captures.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a capture.")
def command(paths: tuple[str, ...], as_json: bool) -> None:
    """List captures: files, and folders at any depth; ./captures if none is named.

    \b
    Example:
        ssetape ls
        ssetape ls --json captures | jq 'select(.status != 200)'
    """
    captures, all_read = open_paths(paths)
    summaries = []
    for capture in sorted(captures, key=lambda capture: capture.started):
        try:
            summaries.append(summary(capture))
        except CaptureError as error:
            note(str(error))
            all_read = False
    if as_json:
        for line in summaries:
            json_line(line)
    elif summaries:
        _print(summaries)
    else:
        note("no captures there")
    if not all_read:
        sys.exit(1)


def summary(capture: Capture) -> dict[str, Any]:
    """What one line of `ls --json` says. Documented in `docs/json.md`."""
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


def _print(summaries: list[dict[str, Any]]) -> None:
    rows = []
    for line in summaries:
        rows.append(
            (
                line["started"][:19].replace("T", " "),
                f"{line['method']} {line['url'].partition('://')[2]}",
                str(line["status"] or "-"),
                str(line["chunks"]),
                str(line["bytes"]),
                f"{line['duration_s']:.2f} s",
                line["end"] or "interrupted",
                line["path"],
            )
        )
    headings = ("started, UTC", "request", "status", "chunks", "bytes", "time", "end", "file")
    table(headings, rows, numbers=("chunks", "bytes", "time"), long=("request", "file"))
