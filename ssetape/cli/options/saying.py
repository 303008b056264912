"""The options for what a made answer says."""

import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssetape.cli.options.distribution_type import DISTRIBUTION
from ssetape.cli.options.group import option_group
from ssetape.cli.options.rhythm import distribution
from ssetape.errors import MessageError

if TYPE_CHECKING:
    from ssetape.making.answer import Call, Wanted
    from ssetape.protocols.writing import Tokens

# Without any text, so many tokens of filler.
_FILLER_TOKENS = "100"
_COUNTS = re.compile(r"([0-9]{1,15})\+([0-9]{1,15})")


def make_wanted(
    prompt: str,
    text: str | None,
    text_file: str | None,
    tokens: str | None,
    reasoning: str,
    tool: tuple[str, ...],
    usage: str | None,
    model: str | None,
    stop: str | None,
    error: str | None,
) -> "Wanted":
    """What an answer is to say, from the options."""
    from ssetape.making.answer import Wanted

    given = {"--text": text, "--text-file": text_file, "--tokens": tokens}
    chosen = [name for name, value in given.items() if value is not None]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)}: choose one text")
    if text_file is not None:
        text = _read(text_file)
    elif not chosen and not (reasoning or tool or error is not None):
        text = _piped()
        tokens = _FILLER_TOKENS if text is None else None
    return Wanted(
        prompt=prompt,
        text=text,
        tokens=None if tokens is None else distribution("--tokens", tokens),
        reasoning=reasoning,
        calls=tuple(map(_call, tool)),
        usage=None if usage is None else _usage(usage),
        model=model,
        stop=stop,
        error=error,
    )


def _read(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"--text-file {name}: it is not UTF-8: {error}") from error
    except OSError as error:
        raise click.UsageError(f"--text-file {name}: {error.strerror}") from error


def _piped() -> str | None:
    """The text on stdin if it is a pipe or a file; None if it is a terminal, or empty."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # closed, or replaced within this process
        return None
    return (_read("-") or None) if stat.S_ISFIFO(mode) or stat.S_ISREG(mode) else None


def _call(text: str) -> "Call":
    from ssetape.loose_json import parse_object
    from ssetape.making.answer import Call

    name, _, arguments = text.partition("=")
    try:
        parse_object(arguments or "{}")
    except MessageError as error:
        raise click.UsageError(f"--tool {name}: {error}, as in 'weather={{\"a\":1}}'") from error
    if not name:
        raise click.UsageError(f"--tool {text!r:.60}: expected NAME=JSON")
    return Call(name, arguments or "{}")


def _usage(text: str) -> "Tokens | dict[str, Any]":
    from ssetape.loose_json import parse_object
    from ssetape.protocols.writing import Tokens

    if counts := _COUNTS.fullmatch(text):
        return Tokens(int(counts[1]), int(counts[2]))
    try:
        return parse_object(text)
    except MessageError as error:
        raise click.UsageError(
            f"--usage: expected INPUT+OUTPUT, such as 12+40, or the provider's own counts as JSON; "
            f"found {text!r:.60}"
        ) from error


saying_options = option_group(
    "wanted",
    make_wanted,
    click.option(
        "--prompt",
        default="Hello",
        show_default=True,
        metavar="TEXT",
        help="The question in the request. A replay answers a client's question by the most "
        "similar one.",
    ),
    click.option("--text", metavar="TEXT", help="The answer's text."),
    click.option(
        "--text-file",
        type=click.Path(readable=False),
        metavar="FILE",
        help="A file with the text; - for stdin, which is read anyway if it is a pipe and nothing "
        "else says what to say.",
    ),
    click.option(
        "--tokens",
        type=DISTRIBUTION,
        metavar="N",
        help=f"So many tokens of filler as the text.  [default: {_FILLER_TOKENS}]",
    ),
    click.option("--reasoning", default="", metavar="TEXT", help="The reasoning before it."),
    click.option(
        "--tool",
        multiple=True,
        metavar="NAME=JSON",
        help="A tool call after it, with its arguments. Repeatable.",
    ),
    click.option(
        "--usage",
        metavar="N+N",
        help="Input and output tokens, or the provider's own counts as a JSON object.  "
        "[default: what is said, counted]",
    ),
    click.option("--model", metavar="NAME", help="The model.  [default: one of the provider's]"),
    click.option(
        "--stop",
        metavar="WORD",
        help="Why the answer ends, in the provider's own word, such as length.",
    ),
    click.option(
        "--error", metavar="TEXT", help="An error within the stream, which breaks it off there."
    ),
)
