import os
from collections.abc import Callable
from pathlib import Path

from ssetape.addon.windows.file_end import last_chunks
from ssetape.format.values import Chunk


def test_the_end_of_a_file_has_its_last_chunks(
    capture_file: Callable[..., Path], tmp_path: Path
) -> None:
    chunks = [(number / 10, f"data: {number}\n\n".encode() * 20) for number in range(1000)]
    path = capture_file([*chunks, (200.0, b"\xff\x00")], end="complete", end_s=201.0)
    found = last_chunks(str(path))
    assert found[-2:] == [Chunk(*chunks[-1]), Chunk(200.0, b"\xff\x00")]
    assert 100 < len(found) < 1000
    with path.open("ab") as file:
        file.write(b'[201.0, "<", "torn')
    assert last_chunks(str(path))[-1] == found[-1]


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert last_chunks(str(tmp_path / "nowhere")) == []
    os.mkfifo(tmp_path / "pipe")
    assert last_chunks(str(tmp_path / "pipe")) == []
    assert last_chunks("no\0path") == []
    odd = tmp_path / "odd"
    odd.write_bytes(b'{"ssetape": 1}\n5\n[]\n["x", "<", "a"]\n[1, "<", 5]\n[1, "<b", "?"]\n\xff\n')
    assert last_chunks(str(odd)) == []
