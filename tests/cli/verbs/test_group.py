"""Verbs are found by name, and listed without being imported."""

import subprocess
import sys

import click
import pytest
from programs import TIMEOUT_S, environment

from ssetape import cli
from ssetape.cli.verbs.table import VERBS

CONTEXT = click.Context(cli.main, info_name="ssetape", **cli.main.context_settings)


@pytest.mark.parametrize("words", [[], ["-h"], ["help"], ["--version"], ["recrod"]], ids=" ".join)
def test_no_verb_is_imported_for_the_list(words: list[str]) -> None:
    script = f"""
import sys
from click.testing import CliRunner
from ssetape.cli import main
result = CliRunner().invoke(main, {words!r})
assert result.output
print(*[name for name in sys.modules if name.startswith("ssetape.")])
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        timeout=TIMEOUT_S,
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(ran.stdout.split())
    verbs = {f"ssetape.cli.{verb}" for verb in VERBS} | {"ssetape.cli.import_"}
    assert loaded & verbs <= {"ssetape.cli.help"}
    assert "ssetape.cli.verbs.table" in loaded
    assert "ssetape.capture" not in loaded


def test_a_shell_completes_verbs_without_importing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(cli.main), "get_command", None)
    found = {item.value: item.help for item in cli.main.shell_complete(CONTEXT, "re")}
    assert found == {verb: VERBS[verb] for verb in ("record", "replay")}
    assert "--version" in {item.value for item in cli.main.shell_complete(CONTEXT, "--")}
