import os
import stat
import threading
from pathlib import Path

import pytest

from ssetape.whole_file import is_special, remove, replacing


def write(path: Path, data: bytes = b"new") -> None:
    with replacing(path) as file:
        file.write(data)


def fail_after(path: Path, data: bytes, error: Exception) -> None:
    with replacing(path, keep_after=KeyError) as file:
        file.write(data)
        raise error


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write(path)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    with pytest.raises(ValueError, match="in between"):
        fail_after(path, b"half", ValueError("in between"))
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a"]


def test_after_some_errors_what_was_written_is_kept(tmp_path: Path) -> None:
    for data in (b"good", b""):
        path = tmp_path / f"a{len(data)}"
        with pytest.raises(KeyError):
            fail_after(path, data, KeyError())
        assert path.exists() == bool(data)
    assert (tmp_path / "a4").read_bytes() == b"good"


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write(link)
    assert link.is_symlink()
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_link_to_nothing_is_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(FileExistsError, match="a link to a file that does not exist"):
        write(link)
    assert not target.exists()


def test_a_device_is_written_to_and_stays_one(tmp_path: Path) -> None:
    write(Path("/dev/null"))
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write(pipe, b"through")
    reader.join()
    assert read == [b"through"]
    remove(pipe)
    assert is_special(pipe)
    assert os.listdir(tmp_path) == ["pipe"]


def test_only_an_ordinary_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    remove(path)
    remove(path)
    assert not path.exists()
    assert not is_special(path)
    path.symlink_to("/dev/null")
    remove(path)
    assert path.is_symlink()
