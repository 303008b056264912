from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ssetape.testing import settings
from ssetape.testing.settings import Mode, check, check_target, settings_of


def item(*marks: pytest.MarkDecorator, ini: Any = None, **options: str) -> Any:
    """A test with these markers, the nearest first, in a run with these options."""
    config = SimpleNamespace(
        getoption=lambda name: options.get(name),
        getini=lambda name: (ini or {}).get(name, ""),
        rootpath=Path("/project"),
        invocation_params=SimpleNamespace(dir="/project/tests"),
    )
    return SimpleNamespace(
        config=config,
        nodeid="tests/test_a.py::test_b[x y]",
        iter_markers=lambda name: [mark.mark for mark in marks],
    )


def mark(*paths: str, **options: Any) -> pytest.MarkDecorator:
    return pytest.mark.ssetape(*paths, **options)


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def test_the_nearest_marker_counts_for_each_keyword() -> None:
    found = settings_of(item(mark(speed=2), mark("a", "b", speed=1, seed=3), mark("c", cors=True)))
    assert found.paths == ("a", "b")
    assert found.options == {"speed": 2, "seed": 3, "cors": True}


TARGET = "https://api.example.com"


@pytest.mark.parametrize(
    ("given", "ci", "mode"),
    [
        ({}, "", Mode.REPLAY),
        ({"ssetape_target": TARGET}, "", Mode.AUTO),
        ({"ssetape_target": TARGET}, "false", Mode.AUTO),
        ({"ssetape_target": TARGET}, "true", Mode.REPLAY),
        ({"ssetape_target": TARGET, "ssetape_mode": "auto"}, "true", Mode.AUTO),
        ({"ssetape_mode": "record"}, "", Mode.RECORD),
        ({"ini": {"ssetape_mode": "off"}}, "", Mode.OFF),
        ({"ini": {"ssetape_mode": "off"}, "ssetape_mode": "replay"}, "", Mode.REPLAY),
    ],
)
def test_the_mode_is_the_command_line_s_or_depends_on_the_target_and_on_ci(
    given: dict[str, Any], ci: str, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    assert settings_of(item(**given)).mode is mode


def test_a_marker_s_target_goes_before_that_of_the_run() -> None:
    own = mark(target="http://localhost:1")
    assert settings_of(item(own, ssetape_target=TARGET)).target == "http://localhost:1"
    assert settings_of(item(ini={"ssetape_target": TARGET})).target == TARGET


@pytest.mark.parametrize(
    ("paths", "options", "problem"),
    [
        ((3,), {}, "expected paths of captures, found 3"),
        (
            (),
            {"fault": 1},
            r"@pytest.mark.ssetape: keywords: .*; found .fault.; did you mean faults\?",
        ),
        ((), {"faults": "cut event=3"}, "faults: expected a list of strings, found 'cut event=3'"),
        ((), {"ignore_query": [3]}, "ignore_query: expected a list of strings"),
    ],
)
def test_what_a_marker_says_wrongly_is_quoted(paths: Any, options: Any, problem: str) -> None:
    with pytest.raises(pytest.UsageError, match=problem):
        check("@pytest.mark.ssetape", paths, options)


def test_a_mode_of_the_ini_file_that_is_none_is_quoted() -> None:
    with pytest.raises(pytest.UsageError, match=r"expected one of auto, .*; found .on."):
        settings_of(item(ini={"ssetape_mode": "on"}))


@pytest.mark.parametrize("target", ["api.example.com", "https://api.example.com/v1", "/v1", "x:"])
def test_a_target_is_a_server(target: str) -> None:
    check_target("https://api.example.com/")
    with pytest.raises(pytest.UsageError, match="expected a server without a path"):
        check_target(target)


def test_the_command_that_records_names_the_target_if_nothing_else_does() -> None:
    start = "pytest 'test_a.py::test_b[x y]' --ssetape=record"
    command = settings.command_that_records
    assert command(item(), None) == f"{start} --ssetape-target https://api.example.com"
    given = item(ssetape_target="http://localhost:1")
    assert command(given, "http://localhost:1") == f"{start} --ssetape-target http://localhost:1"
    assert command(item(mark(target=TARGET)), TARGET) == start
