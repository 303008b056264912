import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import environment, run
from proxies import RECORD, Exchange, Mitmdump, Origin, fetch

import ssetape

Invoke = Callable[..., Result]


def answer(exchange: Exchange) -> None:
    exchange.head()
    exchange.chunk(b"data: x\n\n")
    exchange.end()


def test_mitmdump_records_with_the_path_that_it_prints(
    tmp_path: Path, confdir: Path, origin: Origin
) -> None:
    outcome = run("addon")
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    path = os.fsdecode(outcome.stdout.removesuffix(b"\n"))
    assert Path(path).is_absolute()
    url = origin.serve(answer)
    with Mitmdump(confdir, tmp_path / "tapes", scripts=(path,), cwd=tmp_path) as mitmdump:
        assert fetch(mitmdump.port, url) == [b"data: x\n\n"]
        assert [event.data for event in mitmdump.capture(url).events()] == ["x"]


def test_a_bare_clone_has_it_beside_the_package_and_an_installation_within(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ssetape", "addon"],
        cwd=RECORD.parents[1],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.removesuffix("\n")).samefile(RECORD)

    package = tmp_path / "site-packages" / "ssetape"
    (package / "addon").mkdir(parents=True)
    (package / "addon" / "record.py").touch()
    monkeypatch.setattr(ssetape, "__file__", str(package / "__init__.py"))
    assert invoke("addon").stdout == f"{(package / 'addon' / 'record.py').resolve()}\n"


def test_where_it_is_missing_it_says_where_it_looked(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssetape, "__file__", str(tmp_path / "ssetape" / "__init__.py"))
    result = invoke("addon")
    assert result.exit_code == 1
    assert str(tmp_path / "ssetape" / "addon" / "record.py") in result.stderr
