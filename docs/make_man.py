"""Write docs/man/ssetape.1: the help of every command, as a page for man(1).

python docs/make_man.py          write the page
python docs/make_man.py --check  exit with 1 if the page is outdated

It uses groff's man macros: https://man7.org/linux/man-pages/man7/groff_man.7.html
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ssetape import __version__
from ssetape.cli import main

PAGE = Path(__file__).with_name("man") / "ssetape.1"

_END = """\
.SH EXIT STATUS
0 for success, 1 when something failed or was found, 2 for wrong usage.
.SH SEE ALSO
.BR curl (1),
.BR mitmdump (1)
"""


def page() -> str:
    """The page for the current program."""
    context = click.Context(main, info_name="ssetape", **main.context_settings)
    purpose = (main.help or "").partition("\n")[0].rstrip(".").lower()
    lines = [
        f'.TH SSETAPE 1 "" "ssetape {__version__}"',
        ".SH NAME",
        f"ssetape \\- {_escaped(purpose)}",
        ".SH SYNOPSIS",
        _usage(main, context),
        ".SH DESCRIPTION",
        *_prose(main.help or ""),
        *_options(main, context),
        ".SH COMMANDS",
    ]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        inner = click.Context(command, context, info_name=name, **command.context_settings)
        lines += [f".SS ssetape {_escaped(name)}", _usage(command, inner), ".PP"]
        lines += [*_prose(command.help or ""), *_options(command, inner)]
    return "\n".join(lines) + "\n" + _END


def _usage(command: click.Command, context: click.Context) -> str:
    words = _escaped(" ".join(command.collect_usage_pieces(context)))
    return f"\\fB{_escaped(context.command_path)}\\fR {words}"


def _prose(text: str) -> Iterator[str]:
    """Paragraphs; those that a backspace marks for click keep their lines."""
    for number, paragraph in enumerate(re.split(r"\n{2,}", text.strip())):
        lines = [
            _escaped(line.rstrip()) for line in paragraph.replace("\b", "").strip("\n").split("\n")
        ]
        if number:
            yield ".PP"
        if "\b" in paragraph:
            yield from (".nf", *lines, ".fi")
        else:
            yield from (line.strip() for line in lines)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            names, text = record
            yield from (".TP", f"\\fB{_escaped(names)}\\fR", _escaped(" ".join(text.split())))


def _escaped(text: str) -> str:
    """Text escaped so that groff prints it unchanged."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text() != page():
            sys.exit("docs/man/ssetape.1 differs from the commands' help: run docs/make_man.py")
    else:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page())
