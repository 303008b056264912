"""What the tests of the command line share: the program, run within this process or beside it."""

import importlib
import inspect
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from proxies import Origin, server_context

import ssetape
from ssetape.cli import main
from ssetape.format.values import Response
from ssetape.format.writer import CaptureWriter

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


# What is imported only where an extra is installed.
_IMPORTS_EXTRAS = ("ssetape.addon.", "ssetape.replay.proxying.")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a package or module one that is not installed, until the test ends."""

    def forget(missing: str) -> None:
        # What has imported it would go on.
        monkeypatch.setattr(ssetape, "addon", importlib.import_module("ssetape.addon"))
        for name in list(sys.modules):
            if f"{name}.".startswith((*_IMPORTS_EXTRAS, f"{missing}.")):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, missing, None)

    return forget


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


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts a recording."""
    with warnings.catch_warnings():
        # What mitmproxy imports warns about what that imports.
        warnings.simplefilter("ignore", DeprecationWarning)
        from ssetape.recording import recording as recordings

    logger = logging.getLogger("ssetape")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    started = []

    def begin(
        name: str = "a",
        title: str = "GET http://a.test/",
        mask: bool = False,
        kind: str = "http",
        content_type: str = "text/event-stream",
    ) -> Any:
        request = {"method": "GET", "url": "http://a.test/", "http_version": "HTTP/1.1"}
        header: dict[str, Any] = {
            "id": name,
            "kind": kind,
            "started": "2026-01-01T00:00:00.000000Z",
        }
        writer = CaptureWriter(tmp_path / f"{name}.ssetape", {**header, "request": request})
        recording = recordings.Recording(name, title, writer, time.perf_counter(), mask)
        headers = [("content-type", content_type)]
        recording.head(Response(0.0, 200, "OK", "HTTP/1.1", headers))
        started.append(recording)
        return recording

    yield begin
    for recording in started:
        recording.finish(time.perf_counter(), "complete")
    logger.setLevel(level)


@pytest.fixture(scope="session")
def feed() -> Callable[[Any, bytes], None]:
    """Gives a recording bytes as the proxy does."""

    def give(recording: Any, data: bytes) -> None:
        recording.chunk(time.perf_counter(), data)

    return give
