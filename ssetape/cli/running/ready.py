"""Tells the program that started a server that it listens, and where: by a file or a line."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import click

from ssetape.cli.options.group import option_group
from ssetape.cli.terminal.output import encoded, json_line


@dataclass(frozen=True, slots=True)
class Ready:
    """Where to tell that a server listens; as a context manager it leaves nothing behind.

    A file is there whole or not at all, and only while the server is: one that a killed server
    left is removed first.

    Attributes:
        path: the file; None for none.
        as_json: whether stdout is told too.
    """

    path: Path | None = None
    as_json: bool = False

    def tell(self, url: str, captures: int) -> None:
        """Tell it.

        Args:
            captures: how many answer.
        """
        told = {"url": url, "port": urlsplit(url).port, "pid": os.getpid(), "captures": captures}
        if self.as_json:
            json_line(told)
        if self.path is not None:
            handle, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
            with open(handle, "wb") as file:
                file.write(encoded(told) + b"\n")
            os.replace(name, self.path)

    def __enter__(self) -> Self:
        self._remove()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._remove()

    def _remove(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def make_ready(ready_path: Path | None, as_json: bool) -> Ready:
    """Where the options have it told."""
    return Ready(ready_path, as_json)


ready_options = option_group(
    "ready",
    make_ready,
    click.option(
        "--ready-file",
        "ready_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the same to FILE as soon as it listens; remove FILE at the end.",
    ),
    click.option("--json", "as_json", is_flag=True, help="One JSON object as soon as it listens."),
)
