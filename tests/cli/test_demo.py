"""`ssetape demo`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import assert_told, run

import ssetape
from ssetape.cli import demo

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.mark.programs
def test_the_demo_records_shows_and_compares_and_keeps_its_captures_when_told(
    home: Path,
) -> None:
    outcome = run("demo", "-o", "kept", cwd=home, env={"HOME": str(home)})
    assert_told(outcome, "recorded 4 streams", code=0)
    shown = outcome.stdout.decode()

    # Every step is a command that one can type again.
    steps = [line for line in shown.splitlines() if line.startswith("$ ")]
    assert [step.split()[:3] for step in steps] == [
        ["$", "ssetape", verb] for verb in ("record", "ls", "show", "verify")
    ]
    # In an order in which they make sense, although the steps are programs of their own.
    order = ["A sample server streams", *steps, "Next, with your own streams"]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)
    assert "message #3  The next byte of café is in another chunk." in shown

    comparison = shown[shown.index("$ ssetape verify") :].splitlines()
    rows = [line.split() for line in comparison if line.endswith(".ssetape")]
    assert [row[:4] for row in rows] == [["equal"] * 4] * 4
    assert "DIFFER" not in shown

    captures = [ssetape.open(path) for path in (home / "kept").iterdir()]
    assert len(captures) == 4
    ends = {capture.request.url.rpartition("/")[2]: capture.end for capture in captures}
    assert {name: end and end.reason for name, end in ends.items()} == {
        "tour": "complete",
        "conversation": "complete",
        "gzip": "complete",
        "cut": "upstream_cut",
    }


def test_the_demo_writes_over_no_folder(tmp_path: Path, invoke: Invoke) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "mine.txt").write_text("mine")
    for existing in (kept, kept / "mine.txt"):
        result = invoke("demo", "-o", existing)
        assert result.exit_code == 2
        assert f"{existing} already exists: choose a new folder" in result.stderr
        assert result.stdout == ""
    assert [path.name for path in kept.iterdir()] == ["mine.txt"]


def test_a_step_is_this_program_whatever_the_working_folder_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssetape").mkdir()
    (tmp_path / "ssetape" / "__init__.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert demo._step("A step", "--version") == 0
