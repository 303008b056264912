import os
import stat
import threading
from pathlib import Path

import pytest

from ssetape.output.whole_file import is_special, remove, replacing


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


def test_a_link_put_there_in_the_meantime_is_not_followed(tmp_path: Path) -> None:
    path, victim = tmp_path / "a", tmp_path / "victim"
    with replacing(path) as file:
        file.write(b"new")
        path.symlink_to(victim)
    assert path.read_bytes() == b"new"
    assert not victim.exists()


OPEN_NAMES = ["/dev/fd/{}", "/proc/self/fd/{}", "/proc/{pid}/fd/{}"]


@pytest.mark.parametrize("name", OPEN_NAMES)
def test_an_open_file_goes_on_where_it_was(name: str, tmp_path: Path) -> None:
    """As with `-o /dev/stdout >> file`: neither replaced nor written from its start."""
    path = tmp_path / "a"
    path.write_bytes(b"before ")
    link = tmp_path / "link"
    with path.open("ab") as file:
        named = Path(name.format(file.fileno(), pid=os.getpid()))
        if not named.exists():
            pytest.skip("this system has no such names")
        assert is_special(named)
        write(named, b"one ")
        link.symlink_to(named)
        write(link, b"two ")
        remove(named)
        remove(link)
        file.write(b"three")
    assert path.read_bytes() == b"before one two three"
    assert sorted(os.listdir(tmp_path)) == ["a", "link"]


@pytest.mark.skipif(not hasattr(os, "mknod") or os.geteuid() != 0, reason="only root makes devices")
def test_a_device_of_a_folder_survives_root(tmp_path: Path) -> None:
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("no devices in this container")
    for path in (device, tmp_path / "link"):
        if path is not device:
            path.symlink_to(device)
        write(path)
        remove(path)
        assert path.is_char_device()
    assert sorted(os.listdir(tmp_path)) == ["link", "null"]
