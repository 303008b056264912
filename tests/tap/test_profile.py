import asyncio
import os
import sys
from pathlib import Path

import pytest

from ssetape.errors import TapError
from ssetape.tap.profile import default_profile, prepare_profile, remove_profile


@pytest.mark.skipif(sys.platform == "darwin", reason="has its own folder for data")
def test_it_is_in_the_user_s_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "")
    assert default_profile("/usr/bin/chromium") == tmp_path / ".local/share/ssetape/browser"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_profile("/usr/bin/chromium") == Path("/data/ssetape/browser")
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    assert default_profile("chrome") == tmp_path / ".local/share/ssetape/browser"
    # A snap cannot see hidden folders.
    snap = tmp_path / "snap/chromium/common/ssetape/browser"
    assert default_profile("/snap/bin/chromium") == snap


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    made = prepare_profile(tmp_path / "a" / "b")
    assert made.stat().st_mode & 0o777 == 0o700
    assert prepare_profile(made) == made


def test_one_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TapError, match=r"cannot make the browser's profile .*--throw-away"):
        prepare_profile(tmp_path / "file" / "profile")
    if os.geteuid() != 0:
        locked = tmp_path / "locked"
        locked.mkdir(0o500)
        with pytest.raises(TapError, match="not writable"):
            prepare_profile(locked)


def test_it_is_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    (folder / "Default").mkdir(parents=True)
    (folder / "Default" / "Cookies").write_text("x")
    asyncio.run(remove_profile(folder))
    assert not folder.exists()
