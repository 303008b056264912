import os
from pathlib import Path

import pytest

from ssetape.errors import RecordError
from ssetape.recording.folder import make_folder


def test_it_is_made_for_this_user_alone_and_left_empty(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b", "captures", "")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_one_that_cannot_be_written_to_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "x"):
        with pytest.raises(RecordError, match=r"cannot write captures to .*file.*; choose another"):
            make_folder(folder, "captures", "choose another")


def test_the_folder_is_tried_without_following_a_planted_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / ".ssetape-probe").symlink_to(victim)
    make_folder(folder, "captures", "hint")
    assert not victim.exists()
    assert os.listdir(folder) == [".ssetape-probe"]
