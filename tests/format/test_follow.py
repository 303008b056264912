import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.errors import CaptureError
from ssetape.format.follow import FileFollower, follow

Raw = Callable[..., bytes]


def test_records_are_given_as_they_are_written(raw_capture: Raw, tmp_path: Path) -> None:
    whole = raw_capture([(1, b"data: a\n\n"), (2, b"data: b\n\n")])
    path = tmp_path / "a.ssetape"
    start = whole.index(b"\n", whole.index(b"data: a")) - 5  # within a record
    path.write_bytes(whole[:start])
    seen = []
    reached = threading.Event()

    def write() -> None:
        reached.wait(30)
        with path.open("ab") as file:
            file.write(whole[start:])

    writer = threading.Thread(target=write)
    writer.start()
    for record in follow(path):
        if record is not None:
            seen.append(record[1])
            reached.set()
    writer.join()
    assert seen == ["head", "<", "<", "end"]


def test_a_file_that_is_replaced_by_its_masked_form_is_followed_on(
    raw_capture: Raw, tmp_path: Path
) -> None:
    whole = raw_capture([(1, b"data: a\n\n"), (2, b"data: b\n\n")])
    path = tmp_path / "a.ssetape"
    path.write_bytes(whole[: whole.rindex(b'[2, "<"')])
    records = filter(None, follow(path))
    assert [next(records)[1], next(records)[2]] == ["head", b"data: a\n\n"]
    other = tmp_path / "masked"
    other.write_bytes(whole.replace(b"data: a", b"data: *"))
    os.replace(other, path)
    assert [record[1] for record in records] == ["<", "end"]


def test_nothing_new_is_none(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(1, b"data: a\n\n")], end=None))
    records = follow(path)
    assert [next(records) and True for _ in range(4)] == [True, True, None, None]


def test_a_look_that_is_broken_off_goes_on_where_it_was(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(1, b"data: a\n\n"), (2, b"data: b\n\n")]))
    follower = FileFollower(path)
    assert [next(follower.look())[1] for _ in range(2)] == ["head", "<"]
    assert follower.header is not None
    assert not follower.is_over
    assert [record[1] for record in follower.look()] == ["<", "end"]
    assert follower.is_over


def test_a_file_that_goes_away_is_told(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(1, b"data: a\n\n")], end=None))
    records = follow(path)
    for _ in range(3):
        next(records)
    path.unlink()
    with pytest.raises(CaptureError, match="is gone"):
        next(records)
