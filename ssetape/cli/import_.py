"""`ssetape import`: captures made from the recordings of other tools."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from ssetape import imports
from ssetape.cli.options.captures import DEFAULT_FOLDER
from ssetape.cli.options.choice import Choice
from ssetape.cli.options.paths import PATH
from ssetape.cli.terminal.output import json_line, note, table
from ssetape.errors import SourceError
from ssetape.imports import _write as importing
from ssetape.imports._exchange import Given, Imported, Skipped
from ssetape.output.refusals import not_installed

# Not among `ssetape.imports`: mitmproxy itself reads its files.
_MITM = "mitm"
# How a tnetstring begins: its length, then the length and text of its first key.
_FLOW_FILE = re.compile(rb"[0-9]{1,12}:[0-9]{1,2}:[a-z_]+;")


@click.command("import")
@click.argument("files", type=PATH, nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "form",
    type=Choice(sorted([*imports.names(), _MITM])),
    help="Format of the files; detected if not given.",
)
@click.option("--url", help="For sse and curl: the request's URL.")
@click.option("--method", help="For sse and curl: its method.  [default: GET; POST with a body]")
@click.option(
    "--content-type",
    help="For sse and curl: the response's content type.  [default: text/event-stream]",
)
@click.option(
    "--request-body",
    type=click.Path(dir_okay=False),
    help="For sse and curl: a file with the request's body.",
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
    output: str,
    take_all: bool,
    mask: bool,
    as_json: bool,
) -> None:
    """Make captures from the recordings of other tools; - reads a file from stdin.

    \b
    har   exports of a browser's network panel, including messages
    mitm  flow files of mitmproxy: mitmdump -w FILE
    sse   a stream's body, with or without its head: curl -isN URL > FILE
    curl  curl -sN --trace FILE --trace-time URL, or curl -sN URL | ts '%.s' > FILE
    vcr   cassettes of vcrpy and Ruby's VCR

    Nothing is invented: a capture states which times and bytes its source had. Imports streams and
    WebSockets; with --all, everything else too. Exits with 1 if anything could not be imported.

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
    given = Given(url, method, content_type, body)
    written: list[dict[str, object]] = []
    problems = others = 0
    for file in files:
        try:
            for found, label in _read(file, form, given):
                if isinstance(found, Skipped):
                    note(f"{file}: {found.place}: not imported: {found.why}")
                    problems += 1
                elif not take_all and form != "sse" and not importing.is_streamed(found):
                    others += 1
                else:
                    try:
                        written.append(_write(found, file, label, Path(output), mask))
                    except SourceError as error:
                        note(f"{file}: not imported: {error}")
                        problems += 1
                        continue
                    if as_json:
                        json_line(written[-1])
        except (SourceError, OSError) as error:
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


def _read(file: str, form: str | None, given: Given) -> Iterator[tuple[Imported | Skipped, str]]:
    """Yield a file's exchanges, each with the format it was read as."""
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    name = "stdin" if file == "-" else Path(file).name
    start = data[: imports.START_BYTES]
    guessed = form or (_MITM if _FLOW_FILE.match(start) else imports.guess(start, name))
    if guessed is None:
        known = ", ".join(sorted([*imports.names(), _MITM]))
        raise SourceError(
            f"expected one of {known}; found an unknown format, which begins with "
            f"{start[:40]!r}: if it is one of them, name it with --format"
        )
    if guessed not in ("sse", "curl") and given != Given():
        raise click.UsageError(
            f"{file}: --url, --method, --content-type and --request-body are for sse and curl; "
            f"{guessed} files contain all of that"
        )
    for found in _reader(guessed)(data, name, given):
        yield found, guessed


def _reader(form: str) -> Callable[[bytes, str, Given], Iterator[Imported | Skipped]]:
    if form != _MITM:
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
        "status": found.response.status,
        "times": found.times,
        "bytes": found.bytes,
        "chunks": len(found.messages or found.chunks),
        "notes": found.notes,
    }
