"""What the tests of recording share: one proxy, and servers behind it."""

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from proxies import Mitmdump, Origin, server_context

# pytest's importlib mode puts nothing on the path, so not http2_peers.py either.
sys.path.append(str(Path(__file__).parent))

from http2_peers import Http2Origin

with warnings.catch_warnings():
    # What mitmproxy imports warns about what that imports; tests that come later would fail.
    warnings.simplefilter("ignore", DeprecationWarning)
    import mitmproxy.tools.dump  # noqa: F401


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
    with Origin(server_context(tmp_path_factory.mktemp("tls"))) as running:
        yield running


@pytest.fixture(scope="session")
def http2_origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http2Origin]:
    running = Http2Origin(server_context(tmp_path_factory.mktemp("http2"), ["h2"]))
    yield running
    running.close()


@pytest.fixture(scope="session")
def mitmdump(confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mitmdump]:
    """A proxy that records into a folder of its own, for all tests that need nothing special."""
    with Mitmdump(confdir, tmp_path_factory.mktemp("shared") / "tapes") as running:
        yield running
