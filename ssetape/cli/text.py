"""`ssetape text`: what was said."""

import sys
from dataclasses import asdict

import click
import orjson

from ssetape.cli.options.captures import open_one
from ssetape.cli.options.paths import PATH
from ssetape.cli.terminal.output import json_line, note, printable_lines
from ssetape.errors import SsetapeError
from ssetape.meaning.answer import Answer
from ssetape.meaning.question import asked


@click.command(short_help="Print the answer that a stream typed.")
@click.argument("capture", type=PATH)
@click.option("--reasoning", is_flag=True, help="What the model thought, instead.")
@click.option("--tools", is_flag=True, help="The calls of tools instead: one JSON object a line.")
@click.option(
    "--role",
    metavar="ROLE",
    help="What `user` or `system` (or another role) said in the request, instead.",
)
@click.option("--choice", metavar="N", type=int, help="Of several answers the Nth, from 0.")
@click.option("--json", "as_json", is_flag=True, help="The whole assembled message as JSON.")
def command(
    capture: str,
    reasoning: bool,
    tools: bool,
    role: str | None,
    choice: int | None,
    as_json: bool,
) -> None:
    """Print the answer, put together from its pieces, and nothing else.

    \b
    Example:
        ssetape text captures/20261123-093012-api.example.com-v1-chat-3f9a2c.ssetape
        ssetape text --tools answer.ssetape | jq -r .name
        ssetape text --json answer.ssetape
    """
    if sum((reasoning, tools, role is not None, as_json)) > 1:
        raise click.UsageError("choose one of --reasoning, --tools, --role and --json")
    opened = open_one(capture)
    if role is not None and role != "assistant":
        said = [text for who, text in asked(opened.request) if who == role]
        if not said:
            roles = sorted({who for who, _ in asked(opened.request)})
            found = f"there are {', '.join(roles)}" if roles else "it has no messages known here"
            raise SsetapeError(f"{opened.name}: nothing of {role!r} in the request: {found}")
        _print("\n\n".join(said))
        return
    answer = opened.answer()
    if as_json:
        json_line(asdict(answer))
    elif answer.protocol is None:
        raise SsetapeError(
            f"{opened.name}: its protocol is not known here, so there is no text to put "
            f"together; `ssetape show` has its messages"
        )
    else:
        _print_choice(answer, choice or 0, reasoning, tools)
    for problem in answer.problems:
        note(problem)


def _print_choice(answer: Answer, choice: int, reasoning: bool, tools: bool) -> None:
    if not 0 <= choice < len(answer.choices):
        raise SsetapeError(
            f"there is no answer {choice}: expected a number below {len(answer.choices)}"
        )
    chosen = answer.choices[choice]
    if tools:
        for call in chosen.tool_calls:
            click.echo(orjson.dumps(asdict(call)))
    else:
        _print(chosen.reasoning if reasoning else chosen.text)
        if not reasoning and not chosen.text:
            others = [f"{len(chosen.tool_calls)} tool call(s) (--tools)"] * bool(chosen.tool_calls)
            others += ["reasoning (--reasoning)"] * bool(chosen.reasoning)
            note("there is no text in it" + (f", but {' and '.join(others)}" if others else ""))
    if len(answer.choices) > 1:
        note(f"this is answer {choice} of {len(answer.choices)}: --choice has the others")
    if answer.error is not None:
        note(f"the stream tells an error: {answer.error}")
    elif answer.done is None and chosen.stop is None:
        note("nothing marks the end of this answer: it may be cut short")


def _print(text: str) -> None:
    """To a terminal nothing that it obeys, and a last line feed; to all else the text as it is."""
    if sys.stdout.isatty():
        click.echo(printable_lines(text), nl=not text.endswith("\n"))
    else:
        click.echo(text.encode(), nl=False)
