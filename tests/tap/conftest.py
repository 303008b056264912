"""What the tests of tap share: a browser made of events."""

import sys
from pathlib import Path

# pytest's importlib mode puts nothing on the path, so not devtools.py either.
sys.path.append(str(Path(__file__).parent))
import stat
from collections.abc import Callable

import pytest


@pytest.fixture
def fake_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Gives a browser that needs no display and no Chromium: `fake_browser.py` has how it behaves.

    It logs its flags and the commands that it gets in "log" in the test's folder.
    """

    def make(how: str = "") -> Path:
        monkeypatch.setenv("FAKE_BROWSER", how)
        monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
        path = tmp_path / "fake-browser"
        script = Path(__file__).with_name("fake_browser.py")
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make
