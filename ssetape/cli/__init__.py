"""The command line: one file per verb, found by its name.

A verb is a module here with a click command named `command`; if the verb's name is a Python
keyword, the module's ends with an underscore. `verbs/table.py` lists them. Verbs share the packages
options, terminal, running.
"""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click.shell_completion import add_completion_class

from ssetape import SsetapeError, __version__
from ssetape.cli.options.bash import Bash
from ssetape.cli.verbs.group import Verbs
from ssetape.output.printable import printable, printable_lines

# Set by a shell's script, which asks how a word could go on.
_COMPLETE = "_SSETAPE_COMPLETE"
add_completion_class(Bash)


class _Program(Verbs):
    """The verbs, and how all of them end."""

    def main(self, *args: Any, **settings: Any) -> Any:
        try:
            return super().main(*args, **settings)
        except Exception:
            if _COMPLETE not in os.environ:
                raise
            sys.exit(1)  # nothing for the shell to offer; a traceback would spoil the line

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        with _printable_errors():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        _make_streams_usable()
        with _printable_errors():
            try:
                try:
                    return super().invoke(ctx)
                finally:
                    sys.stdout.flush()
            except SsetapeError as error:
                raise click.ClickException(printable(str(error))) from error
            except OSError as error:
                if error.errno == errno.EPIPE:
                    raise  # the reader of our output has closed it; click handles that
                _drop_stdout()
                where = error.filename or "cannot write the output"
                problem = printable(f"{where}: {error.strerror or error}")
                raise click.ClickException(problem) from error


@contextmanager
def _printable_errors() -> Iterator[None]:
    """Escape control characters in errors, which quote arguments, file names and captures."""
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = printable_lines(error.message)  # click declares it final
        raise


def _make_streams_usable() -> None:
    if sys.stdout is None:  # closed by the parent process
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # open until the program exits
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _drop_stdout() -> None:
    """Discard what is still buffered: Python would fail on it again at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass


@click.command(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="VERB [ARGS]...",
)
@click.version_option(__version__, prog_name="ssetape")
def main() -> None:
    """Record what streams, and play it back exactly.

    \b
    Example:
        ssetape record -- curl -N https://api.example.com/stream
        ssetape ls
        ssetape replay captures
    """
