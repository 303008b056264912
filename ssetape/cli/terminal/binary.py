"""Stdout for bytes: a pipe or file gets them as they are, a terminal gets nothing that it obeys."""

import codecs
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import click

from ssetape.cli.terminal.output import note
from ssetape.output.printable import printable_lines


@contextmanager
def binary_output() -> Iterator[BinaryIO]:
    """A file to write to stdout; on a terminal, it escapes control characters and says so."""
    if not sys.stdout.isatty():
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    escaping = _Escaping()
    try:
        with io.BufferedWriter(escaping) as file:
            yield cast(BinaryIO, file)
    finally:
        if escaping.longer_bytes:
            note("control characters are shown escaped: redirect the output to get the bytes")


class _Escaping(io.RawIOBase):
    """Shows bytes on stdout's terminal.

    Attributes:
        longer_bytes: how much escaping has added.
    """

    def __init__(self) -> None:
        super().__init__()
        self.longer_bytes = 0
        # A character may arrive in pieces.
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._show(bytes(data))
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._show(b"", final=True)
        super().close()

    def _show(self, data: bytes, *, final: bool = False) -> None:
        text = printable_lines(self._decoder.decode(data, final))
        self.longer_bytes += len(text.encode()) - len(data)
        click.echo(text, nl=False)
