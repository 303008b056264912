import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.addon.windows import aside

Write = Callable[..., Path]


def test_ssetape_runs_in_a_process_of_its_own(
    capture_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What lies in the working folder is not imported.
    (tmp_path / "ssetape.py").write_text("raise SystemExit(7)")
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    path = capture_file([(0.5, b"data: 1\n\n")])
    done = aside.run("stats", "--json", "--", str(path)).result(60)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["path"] == str(path)


def test_what_it_says_of_a_failure_comes_back(tmp_path: Path) -> None:
    done = aside.run("stats", str(tmp_path / "none.ssetape")).result(60)
    assert done.returncode == 1
    assert "none.ssetape: there is no such file" in done.stderr


def test_a_process_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(OSError, match="/nowhere/python"):
        aside.run("stats").result(60)
