"""Write docs/cli.md: the help of every command, as the program prints it.

python docs/make_cli.py          write the page
python docs/make_cli.py --check  exit with 1 if the page is outdated
"""

import sys
from pathlib import Path

import click

from ssetape.cli import main

PAGE = Path(__file__).with_name("cli.md")

_INTRODUCTION = """\
# Commands

Made by `docs/make_cli.py`.

Results go to stdout, everything else to stderr. `--json` prints one JSON object per line
([keys](json.md)). The exit code is 0 for success, 1 when something failed or was found, 2 for wrong
usage, 130 when Ctrl-C ended a verb that has no end of its own. Control characters from captures are
escaped.
"""


def page() -> str:
    """The page for the current program."""
    context = _context(main, "ssetape", None)
    sections = [_INTRODUCTION, _section(main, context)]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        sections.append(_section(command, _context(command, name, context)))
    return "\n".join(sections)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    # A fixed width: by default, help has the terminal's.
    settings = {**command.context_settings, "terminal_width": 90}
    return click.Context(command, parent, info_name=name, **settings)


def _section(command: click.Command, context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        if PAGE.read_text() != page():
            sys.exit("docs/cli.md differs from the commands' help: run docs/make_cli.py")
    else:
        PAGE.write_text(page())
