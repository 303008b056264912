import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.held_writer import HeldWriter
from ssetape.format.writer import CaptureWriter

HEADER = {"id": "x", "kind": "http", "request": {"method": "GET", "url": "http://a.test/"}}


def write(kind: type[CaptureWriter], path: Path, chunks: list[tuple[float, bytes]]) -> bytes:
    writer = kind(path, HEADER)
    writer.head(0.25, {"status": 200, "headers": []})
    for t_s, data in chunks:
        writer.chunk(t_s, data)
    writer.end(9.0, "complete")
    return path.read_bytes()


@given(st.lists(st.tuples(st.floats(0, 9), st.binary() | st.text().map(str.encode))))
def test_it_writes_what_the_recorder_writes(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[tuple[float, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("held")
    held = write(HeldWriter, folder / "held.ssetape", chunks)
    assert held == write(CaptureWriter, folder / "recorded.ssetape", chunks)


def test_it_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.ssetape"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        HeldWriter(path, HEADER)
    assert path.read_bytes() == b"mine"


def test_it_goes_on_after_a_write_that_took_only_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write(HeldWriter, tmp_path / "whole.ssetape", [(1.0, b"data: x\n\n")])
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:7]))
    assert write(HeldWriter, tmp_path / "parts.ssetape", [(1.0, b"data: x\n\n")]) == whole


@pytest.mark.parametrize("fails", ["nothing written", "an error"])
def test_a_full_disk_is_an_error_and_the_file_is_closed(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = HeldWriter(tmp_path / "c.ssetape", HEADER)
    descriptor = writer._fd

    def full(fd: int, data: Any) -> int:
        if fails == "an error":
            raise OSError(28, "No space left on device")
        return 0

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        writer.end(1.0, "complete")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
