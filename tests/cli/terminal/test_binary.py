"""Bytes on stdout: as they are in a pipe, harmless on a terminal."""

import io
import sys
from collections.abc import Iterable

import pytest

from ssetape.cli.terminal.binary import binary_output


class _Stream(io.TextIOWrapper):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def printed(
    monkeypatch: pytest.MonkeyPatch, pieces: Iterable[bytes], *, is_terminal: bool
) -> tuple[bytes, bytes]:
    """What stdout and stderr got of the pieces."""
    out, err = _Stream(is_terminal=is_terminal), _Stream(is_terminal=is_terminal)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stderr", err)
        with binary_output() as file:
            for piece in pieces:
                file.write(piece)
                file.flush()
    sent = []
    for stream in (out, err):
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        sent.append(stream.buffer.getvalue())
    return sent[0], sent[1]


def test_a_pipe_gets_every_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) + "\u202e\u009b".encode()
    assert printed(monkeypatch, [data], is_terminal=False) == (data, b"")


def test_a_terminal_gets_escapes_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = printed(monkeypatch, [b"a\x1b[2J\r\n\xc2\x9b\xff\t"], is_terminal=True)
    assert out == b"a\\x1b[2J\\r\n\\x9b\\xff\t"
    assert b"redirect the output" in err


def test_plain_text_on_a_terminal_is_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "data: café 🎬\n\n".encode()
    assert printed(monkeypatch, [text], is_terminal=True) == (text, b"")


def test_a_character_in_pieces_is_one_character(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [bytes([byte]) for byte in "é🎬\u202e".encode()]
    out, _ = printed(monkeypatch, pieces, is_terminal=True)
    assert out == "é🎬\\u202e".encode()
    assert printed(monkeypatch, [b"\xf0\x9f"], is_terminal=True)[0] == b"\\xf0\\x9f"
