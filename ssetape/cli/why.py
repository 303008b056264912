"""`ssetape why`: explain which capture answers a request."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_paths
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.matching import Matching, matching_options
from ssetape.cli.options.paths import PATH
from ssetape.cli.running import awaited
from ssetape.cli.terminal.output import json_line, note
from ssetape.cli.terminal.records import table_or_records
from ssetape.format.encode import ascii_url
from ssetape.format.values import SUFFIX

if TYPE_CHECKING:
    from ssetape.replay import exchange, ladder


@click.command()
@click.argument("request")
@click.argument("paths", type=CAPTURE, nargs=-1, metavar="[PATH]...")
@click.option(
    "--body", "body_file", type=PATH, metavar="FILE", help="The request's body; - reads stdin."
)
@click.option(
    "--header",
    "-H",
    "headers",
    multiple=True,
    metavar="NAME: VALUE",
    help="A header of the request; repeatable.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="How many captures to compare.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per capture.")
@matching_options
def command(
    request: str,
    paths: tuple[str, ...],
    body_file: str | None,
    headers: tuple[str, ...],
    count: int,
    as_json: bool,
    matching: Matching,
) -> None:
    """Show which capture would answer a request in `ssetape replay`, and how the nearest captures
    differ from the request. `alike` is how similar query and body are, from 0 to 1: words and the
    model count much, ids and times little.

    REQUEST is a method and a URL or path in one argument, or a capture, whose request is used.
    Exits with 1 if no capture answers.

    \b
    Example:
        ssetape why 'GET /v1/models' captures
        ssetape why 'POST /v1/chat' --body request.json --match normalised captures
    """
    from ssetape.replay import answerer as answering
    from ssetape.replay import pacing, shelf

    asked = _client_request(request, headers, _body(body_file))
    captures, all_read = open_paths(paths)
    filled = shelf.Shelf(captures)
    for problem in filled.unusable:
        note(problem)
    if not filled.captures:
        sys.exit(1)
    book = matching.book()
    answerer = answering.Answerer(filled, pacing.Pace(), matching=book)
    chosen = answerer.choose(asked)
    nears = answerer.nearest(asked, count)
    if chosen is not None and chosen.index not in [near.index for near in nears]:
        nears = [answerer.compare(chosen.index, asked), *nears]
    nears.sort(key=lambda near: chosen is None or near.index != chosen.index)
    rows = []
    waiting: list[str] = []
    for near in nears:
        capture = filled.captures[near.index]
        answers = chosen is not None and chosen.index == near.index
        reaches = near.reaches.value if near.reaches else None
        cues = answerer.sessions.sessions.cues.get(near.index, ())
        waits_for = awaited.in_words(cues, filled.captures)
        waiting += [f"{capture.name} waits for {request}" for request in waits_for]
        if as_json:
            fields = {"capture": capture.name, "answers": answers, "reaches": reaches}
            json_line(
                {
                    **fields,
                    "alike": round(near.alike, 2),
                    "method": capture.request.method,
                    "url": capture.request.url,
                    "differs": list(near.differs),
                    "waits_for": waits_for,
                }
            )
        rows.append(
            (
                "answers" if answers else "",
                reaches or "no",
                f"{near.alike:.2f}",
                "; ".join(near.differs) or "nothing",
                capture.name,
            )
        )
    if not as_json:
        table_or_records(("", "reaches", "alike", "differs in", "file"), rows)
        if chosen is None or chosen.differs:
            note(_nearest(nears, filled.captures))
        for line in waiting:
            note(line)
        if chosen is None:
            note(
                f"no capture answers {asked.method} {asked.target} with --match "
                f"{book.rules.match.value}"
            )
    if chosen is None or not all_read:
        sys.exit(1)


def _nearest(nears: "Sequence[ladder.Near]", captures: Sequence[Capture]) -> str:
    """The two best captures, how similar each is, and where the best one differs."""
    best, *others = nears
    next_ = next((near for near in others if near.reaches), None)
    words = (
        f"no captured request is equal; nearest: {captures[best.index].name} at {best.alike:.2f}"
    )
    if next_ is not None:
        words += f", next: {captures[next_.index].name} at {next_.alike:.2f}"
    places = (how.partition(": ")[0] for how in best.differs)
    return f"{words}, differs in {', '.join(dict.fromkeys(places)) or 'host'}"


def _body(file: str | None) -> bytes:
    if file is None:
        return b""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise click.ClickException(f"cannot read the body {file}: {error.strerror}") from error


def _client_request(
    request: str, headers: tuple[str, ...], body: bytes
) -> "exchange.ClientRequest":
    from ssetape.replay import exchange

    pairs = []
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon:
            raise click.BadParameter(f"-H: expected NAME: VALUE, found {header!r}")
        pairs.append((name.strip(), value.strip()))
    if request.endswith(SUFFIX):
        captured = Capture(request).request
        return exchange.ClientRequest(
            captured.method, captured.url, [*captured.headers, *pairs], body or captured.body or b""
        )
    method, space, target = request.partition(" ")
    if not space or not (target.startswith("/") or "://" in target):
        raise click.UsageError(
            f"REQUEST: expected a method and a URL or path, such as 'GET /v1/models', or a "
            f"capture; found {request!r}"
        )
    target = ascii_url(target.encode("utf-8", "surrogateescape"))
    return exchange.ClientRequest(method, target, pairs, body)
