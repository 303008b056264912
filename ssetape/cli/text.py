"""`ssetape text`: print the answer of a stream."""

import sys
from collections.abc import Iterable
from dataclasses import asdict

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import each_of
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.terminal.output import json_line, note, print_text
from ssetape.errors import SsetapeError
from ssetape.meaning.question import asked
from ssetape.showing.text import choice_of, remarks_on


@click.command()
@click.argument("captures", nargs=-1, type=CAPTURE, metavar="[CAPTURE]...")
@click.option("--reasoning", is_flag=True, help="Print the model's reasoning instead.")
@click.option(
    "--tools", is_flag=True, help="Print the tool calls instead, one JSON object per line."
)
@click.option(
    "--role",
    metavar="ROLE",
    help="Print the request's messages of ROLE, such as user or system, instead.",
)
@click.option("--choice", metavar="N", type=int, help="Print the Nth of several answers, from 0.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole message as JSON.")
def command(
    captures: tuple[str, ...],
    reasoning: bool,
    tools: bool,
    role: str | None,
    choice: int | None,
    as_json: bool,
) -> None:
    """Print the answer, assembled from its pieces, and nothing else.

    By default, of the newest capture in ./captures. Of several, each has its name above it.

    \b
    Example:
        ssetape text @1
        ssetape text --tools answer.ssetape | jq -r .name
        ssetape text --json answer.ssetape
    """
    if sum((reasoning, tools, role is not None, as_json)) > 1:
        raise click.UsageError("choose one of --reasoning, --tools, --role and --json")

    def show(opened: Capture) -> None:
        _text_of(opened, reasoning, tools, role, choice, as_json)

    each_of(captures, show, has_headings=not (as_json or tools))


def _text_of(
    opened: Capture,
    reasoning: bool,
    tools: bool,
    role: str | None,
    choice: int | None,
    as_json: bool,
) -> None:
    if role is not None and role != "assistant":
        said = [text for who, text in asked(opened.request) if who == role]
        if not said:
            roles = sorted({who for who, _ in asked(opened.request)})
            found = f"its roles are {', '.join(roles)}" if roles else "it has no known messages"
            raise SsetapeError(f"{opened.name}: no messages of {role!r} in the request: {found}")
        _print("\n\n".join(said))
        return
    answer = opened.answer()
    if as_json:
        json_line(asdict(answer))
        remarks: Iterable[str] = answer.problems
    else:
        number = choice or 0
        chosen = choice_of(opened.name, answer, number)
        if tools:
            for call in chosen.tool_calls:
                json_line(asdict(call))
        else:
            _print(chosen.reasoning if reasoning else chosen.text)
        remarks = remarks_on(answer, number, is_text=not (tools or reasoning))
    for remark in remarks:
        note(remark)


def _print(text: str) -> None:
    """Print text; on a terminal with a final line feed."""
    print_text(text)
    if sys.stdout.isatty() and not text.endswith("\n"):
        click.echo()
