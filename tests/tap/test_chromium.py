import os
import stat
import sys
from pathlib import Path

import pytest

from ssetape.errors import RecordError
from ssetape.tap import chromium


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_browser_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chrome = program(tmp_path / "google-chrome", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find() == chrome
    first = program(tmp_path / "chromium", "exit 0")
    assert chromium.find() == first


def test_one_that_is_named_is_taken_or_missed(tmp_path: Path) -> None:
    mine = program(tmp_path / "mine", "exit 0")
    assert chromium.find(mine) == mine
    with pytest.raises(RecordError, match="--browser-path /no/such: there is no such program"):
        chromium.find("/no/such")


@pytest.mark.skipif(sys.platform == "darwin", reason="looks in /Applications too")
def test_where_there_is_none_it_says_what_it_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/no/such/folder")
    with pytest.raises(RecordError, match=r"chromium, .*google-chrome.*--browser-path"):
        chromium.find()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone needs it")
@pytest.mark.parametrize("user", [0, 1000])
def test_only_root_goes_without_the_sandbox(
    user: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert ("--no-sandbox" in chromium.flags(tmp_path)) == (user == 0)
    assert chromium.flags(tmp_path)[0] == f"--user-data-dir={tmp_path}"


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux's displays")
@pytest.mark.parametrize("display", ["", ":0"])
def test_the_last_words_say_how_to_do_without_a_display(
    display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    words = chromium.last_words(b"one\nlast\n\n", "--headless")
    assert words.startswith("last")
    assert ("--headless" in words) == (display == "")
    assert chromium.last_words(b"", "").startswith("no output")
