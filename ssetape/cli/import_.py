"""`ssetape import`: captures made from the recordings of other tools."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click
import orjson

from ssetape import imports
from ssetape.cli.options.captures import DEFAULT_FOLDER, open_one
from ssetape.cli.options.choice import Choice
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.paths import PATH
from ssetape.cli.running.sources import Source, opened, unpacked
from ssetape.cli.terminal.output import json_line, note, table
from ssetape.editing.lines import lines_of
from ssetape.errors import SourceError, SsetapeError
from ssetape.format.values import HTTP
from ssetape.imports import _guess as formats
from ssetape.imports import _write as importing
from ssetape.imports._exchange import Given, Imported, Like, Skipped
from ssetape.loose_json import dumped
from ssetape.output.refusals import not_installed
from ssetape.tables.rows import Exchange

# One source of these is one exchange, for which the options can speak.
_SINGLE = ("sse", "curl", "jsonl")
# What these have is imported, stream or not: somebody has chosen it.
_ASKED_FOR = ("sse", "jsonl")


@click.command("import")
@click.argument("files", type=PATH, nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "form",
    type=Choice(formats.names()),
    help="Format of the files; detected if not given.",
)
@click.option("--url", help="For sse, curl and jsonl without a request: its URL.")
@click.option("--method", help="For sse and curl: its method.  [default: GET; POST with a body]")
@click.option(
    "--content-type",
    help="For sse and curl: the response's content type.  [default: by the first bytes]",
)
@click.option(
    "--request-body",
    type=click.Path(dir_okay=False),
    help="For sse and curl: a file with the request's body.",
)
@click.option(
    "--like",
    type=CAPTURE,
    metavar="CAPTURE",
    help="For jsonl: a capture that has what the lines leave out.",
)
@click.option(
    "-o",
    "--output",
    default=DEFAULT_FOLDER,
    show_default=True,
    type=PATH,
    metavar="DIR",
    help="Folder for the captures.",
)
@click.option("--all", "take_all", is_flag=True, help="Import ordinary responses too.")
@click.option(
    "--mask/--no-mask",
    default=True,
    show_default=True,
    help="Mask credentials, and likely secrets in URLs and bodies.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per capture.")
def command(
    files: tuple[str, ...],
    form: str | None,
    url: str | None,
    method: str | None,
    content_type: str | None,
    request_body: str | None,
    like: str | None,
    output: str,
    take_all: bool,
    mask: bool,
    as_json: bool,
) -> None:
    """Make captures from the recordings of other tools; - reads a file from stdin.

    \b
    har     archives of browsers, proxies, Playwright (also its .zip) and Polly.js
    mitm    flow files of mitmproxy: mitmdump -w FILE
    sse     a stream's body, with or without its head: curl -isN URL > FILE
    curl    curl -sN --trace FILE --trace-time URL, curl -vsN URL > FILE 2>&1,
            or curl -sN URL | ts '%.s' > FILE
    vcr     cassettes of vcrpy and Ruby's VCR
    httprr  traces of Go's httprr
    jsonl   captures from `ssetape export --format jsonl`, edited or not

    Files may be gzipped, in a zip, or UTF-16. Nothing is invented: a capture states which times
    and bytes its source had. Imports streams and WebSockets; with --all, everything else too. Exits
    with 1 if anything could not be imported, or a stream has no body.

    \b
    Example:
        ssetape import chat.har
        ssetape import --url https://api.example.com/v1/chat --method POST answer.txt
        ssetape import --all -o page page.har
    """
    if url is not None and "://" not in url:
        raise click.UsageError(
            f"--url {url!r}: expected a URL such as https://api.example.com/v1/chat"
        )
    try:
        body = Path(request_body).read_bytes() if request_body else None
    except OSError as error:
        raise click.UsageError(f"--request-body {request_body}: {error.strerror}") from error
    given = Given(url, method, content_type, body, like=_like(like) if like else None)
    written: list[dict[str, object]] = []
    problems = others = 0
    for file in files:
        found_in_file = 0
        try:
            for found, label in _read(file, form, given):
                found_in_file += 1
                if isinstance(found, Skipped):
                    note(f"{file}: {found.place}: not imported: {found.why}")
                    problems += 1
                    continue
                is_streamed = importing.is_streamed(found)
                if not (take_all or label in _ASKED_FOR or content_type or is_streamed):
                    others += 1
                    continue
                try:
                    written.append(_write(found, file, label, Path(output), mask))
                except SsetapeError as error:
                    note(f"{file}: not imported: {error}")
                    problems += 1
                    continue
                if label == "jsonl":
                    for remark in found.notes:
                        note(f"{file}: {remark}")
                if is_streamed and (missing := _missing(found, label)):
                    note(f"{file}: {written[-1]['url']}: imported without a body: {missing}")
                    problems += 1
                if as_json:
                    json_line(written[-1])
            if not found_in_file:
                note(f"{file}: not imported: there is no exchange in it")
        except (SsetapeError, OSError) as error:
            words = error.strerror if isinstance(error, OSError) and error.strerror else error
            note(f"{file}: not imported: {words}")
            problems += 1
    if written and not as_json:
        columns = ("format", "times", "bytes", "path")
        rows = [[str(fields[name]) for name in columns] for fields in written]
        table(columns, rows, gives_way=("bytes", "times"), path="path")
    rest = f", skipped as not streams: {others} (--all imports them too)" if others else ""
    note(f"captures created: {len(written)}{rest}")
    if problems or not written:
        sys.exit(1)


def _missing(found: Imported, label: str) -> str:
    """What to say of a stream without a byte; "" if it has some, or could have none."""
    if found.missing or label == "jsonl":
        return found.missing  # a capture may be empty
    is_answer = found.response is not None and found.response.status == 200
    is_answer = is_answer and found.kind == HTTP
    if found.chunks or not is_answer or found.request.method == "HEAD":
        return ""
    return "it is empty in the source"


def _read(file: str, form: str | None, given: Given) -> Iterator[tuple[Imported | Skipped, str]]:
    """Yield a file's exchanges, each with the format it was read as."""
    unknown: SourceError | None = None
    is_one_known = False
    for source in unpacked(opened(file)):
        try:
            label = form or formats.guess(source.data, source.name, given)
        except SourceError as error:
            unknown = error if not source.is_member else _unknown_member(source, error)
            continue  # among the files of an archive may be others
        is_one_known = True
        if label not in _SINGLE and replace(given, like=None) != Given():
            raise click.UsageError(
                f"{file}: --url, --method, --content-type and --request-body are for sse and curl; "
                f"{label} files contain all of that"
            )
        if label != "jsonl" and given.like is not None:
            raise click.UsageError(f"{file}: --like is for jsonl, but this is {label}")
        own = replace(given, beside=source.beside)
        for found in _reader(label)(source.data, Path(source.name).name, own):
            if isinstance(found, Imported):
                found.notes += source.notes
            yield found, label
    if unknown is not None and not is_one_known:
        raise unknown


def _like(argument: str) -> Like:
    """What a capture gives to lines that leave something out."""
    capture = open_one(argument)
    rows = Exchange(capture).event_rows(with_said=False)
    lines = [orjson.loads(dumped(line)) for line in lines_of(capture, rows)]
    chunks = [] if capture.is_websocket else list(capture.chunks())
    return Like(lines, capture.response, chunks)


def _unknown_member(source: Source, error: SourceError) -> SourceError:
    return SourceError(f"the zip has no file of a known format. Of {source.name}: {error}")


def _reader(form: str) -> Callable[[bytes, str, Given], Iterator[Imported | Skipped]]:
    if form != formats.MITM:
        return imports.load(form).read
    try:
        from ssetape.addon import flow_file
    except ImportError as error:
        raise SourceError(
            not_installed("reading flow files", "mitmproxy", "record", error)
        ) from error
    return flow_file.read


def _write(found: Imported, file: str, form: str, folder: Path, mask: bool) -> dict[str, object]:
    file_ns = time.time_ns() if file == "-" else Path(file).stat().st_mtime_ns
    source = "stdin" if file == "-" else Path(file).name
    path = importing.write(found, folder, source, form, file_ns, mask)
    return {
        "path": str(path),
        "from": file,
        "format": form,
        "kind": found.kind,
        "method": found.request.method,
        "url": importing.shown_url(found, mask),
        "status": found.response and found.response.status,
        "times": found.times,
        "bytes": found.bytes,
        "chunks": len(found.messages or found.chunks),
        "notes": found.notes,
    }
