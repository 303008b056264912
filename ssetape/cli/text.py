"""`ssetape text`: print the answer of a stream."""

import sys
from dataclasses import asdict

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import each_of
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.terminal.output import json_line, note, print_text
from ssetape.errors import SsetapeError
from ssetape.meaning.answer import Answer
from ssetape.meaning.question import asked


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
    elif answer.protocol is None:
        raise SsetapeError(
            f"{opened.name}: its protocol is unknown, so its text cannot be assembled; "
            f"`ssetape show` shows its messages, `ssetape show --raw` its bytes"
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
            json_line(asdict(call))
    else:
        _print(chosen.reasoning if reasoning else chosen.text)
        if not reasoning and not chosen.text:
            others = [f"{len(chosen.tool_calls)} tool call(s) (--tools)"] * bool(chosen.tool_calls)
            others += ["reasoning (--reasoning)"] * bool(chosen.reasoning)
            refusal = "".join(str(value) for kind, value in answer.parts if kind == "refusal")
            others += [f"a refusal: {refusal}"] * bool(refusal)
            note("the answer has no text" + (f", but {' and '.join(others)}" if others else ""))
    if len(answer.choices) > 1:
        note(f"this is answer {choice} of {len(answer.choices)}: --choice selects another")
    if answer.error is not None:
        note(f"the stream reports an error: {answer.error}")
    elif answer.done is None and chosen.stop is None:
        note("nothing marks the end of this answer: it may be incomplete")


def _print(text: str) -> None:
    """Print text; on a terminal with a final line feed."""
    print_text(text)
    if sys.stdout.isatty() and not text.endswith("\n"):
        click.echo()
