"""Writes docs/cli.md: the help of every command, as the program prints it.

python docs/make_cli.py          write it
python docs/make_cli.py --check  exit with 1 if it is not what would be written
"""

import sys
from pathlib import Path

import click

from ssetape.cli import main

PAGE = Path(__file__).with_name("cli.md")

_INTRODUCTION = """\
# Commands

Made by `docs/make_cli.py`.

Everywhere: results go to stdout, everything else to stderr. `--json` prints one JSON object a
line ([keys](json.md)). The exit code is 0 when all is well, 1 when something failed or was found,
2 for a misuse. Control characters from captures are escaped.
"""


def page() -> str:
    """The page as the program now is."""
    context = _context(main, "ssetape", None)
    sections = [_INTRODUCTION, _section(main, context)]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        sections.append(_section(command, _context(command, name, context)))
    return "\n".join(sections)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    # A set width: the help of a terminal goes by the terminal's.
    settings = {**command.context_settings, "terminal_width": 90}
    return click.Context(command, parent, info_name=name, **settings)


def _section(command: click.Command, context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        if PAGE.read_text() != page():
            sys.exit("docs/cli.md is not what the commands' help says: run docs/make_cli.py")
    else:
        PAGE.write_text(page())
