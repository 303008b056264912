"""What the tests of the command line share: the program, run within this process or beside it."""

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from proxies import Origin, server_context

from ssetape.cli import main

# pytest's importlib mode puts nothing on the path, so not programs.py either.
sys.path.append(str(Path(__file__).parent))

# Before click 8.2 a runner mixed stderr into stdout unless told not to.
_SEPARATE: dict[str, Any] = (
    {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
)


@pytest.fixture(scope="session")
def invoke() -> Callable[..., Result]:
    """Runs a verb within this process. Whatever it raises but SystemExit fails the test."""

    def run(*words: object, stdin: bytes | None = None, **settings: Any) -> Result:
        runner = CliRunner(**_SEPARATE)
        result = runner.invoke(main, [*map(str, words)], input=stdin, **settings)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mitmproxy's folder; shared, as keys take long to make."""
    return tmp_path_factory.mktemp("mitmproxy")


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


@pytest.fixture(scope="session")
def tls_origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """A server that nobody trusts."""
    with Origin(server_context(tmp_path_factory.mktemp("tls"))) as running:
        yield running
