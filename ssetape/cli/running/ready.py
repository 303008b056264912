"""Announces that a server listens, and where, to the program that started it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import click

from ssetape.cli.options.group import option_group
from ssetape.cli.terminal.output import encoded, json_line
from ssetape.output.whole_file import remove, replacing


@dataclass(frozen=True, slots=True)
class Ready:
    """Where to announce that a server listens; as a context manager it leaves nothing behind.

    The file appears complete, and exists only while the server runs: one left by a killed server
    is removed at the start.

    Attributes:
        path: the file to write; None for no file.
        as_json: whether to print a line on stdout.
    """

    path: Path | None = None
    as_json: bool = False

    def announce(self, url: str, captures: int) -> None:
        """Announce the server.

        Args:
            captures: the number of captures replayed.
        """
        fields = {"url": url, "port": urlsplit(url).port, "pid": os.getpid(), "captures": captures}
        if self.as_json:
            json_line(fields)
        if self.path is not None:
            with replacing(self.path) as file:
                file.write(encoded(fields) + b"\n")

    def __enter__(self) -> Self:
        self._remove()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._remove()

    def _remove(self) -> None:
        if self.path is not None:
            remove(self.path)


def make_ready(ready_path: Path | None, as_json: bool) -> Ready:
    """Where the options ask for an announcement."""
    return Ready(ready_path, as_json)


ready_options = option_group(
    "ready",
    make_ready,
    click.option(
        "--ready-file",
        "ready_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write a JSON object to FILE once the server listens; remove FILE at the end.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the same JSON object on stdout."),
)
