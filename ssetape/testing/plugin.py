"""The pytest plugin: options, marker, fixtures, and additions to reports.

pytest loads it in every run: slow imports happen only when a test needs them.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from ssetape.output.printable import printable_lines

from . import summary
from .settings import MARKER, PASSED, SEEN, Mode

if TYPE_CHECKING:
    from .app import ReplayedApp
    from .server import ReplayedServer
    from .servers import ReplayedServers


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ssetape", "recorded streams")
    group.addoption(
        "--ssetape",
        dest="ssetape_mode",
        choices=[mode.value for mode in Mode],
        help="auto: replay captures, and record missing ones; replay: only replay; record: record "
        "again; off: send requests to the target itself. Default: replay in CI and without a "
        "target, else auto.",
    )
    group.addoption(
        "--ssetape-target",
        metavar="URL",
        help="The real server to record from, such as https://api.openai.com.",
    )
    group.addoption(
        "--ssetape-speed",
        metavar="X",
        help="Replay X times as fast as recorded, unless a test sets its own. Default: instant.",
    )
    parser.addini("ssetape_mode", "As --ssetape.")
    parser.addini("ssetape_target", "As --ssetape-target.")
    parser.addini("ssetape_speed", "As --ssetape-speed.")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(summary, "ssetape-summary")
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*paths, **options): the captures that ssetape_server and ssetape_app serve, "
        "relative to the test's folder, and how: speed, faults, match, target, ...",
    )


@pytest.fixture
def ssetape_servers(request: pytest.FixtureRequest) -> "Iterator[ReplayedServers]":
    """Makes replay servers: call it with paths of captures and options."""
    from .servers import ReplayedServers

    with ReplayedServers(request.node) as servers:
        yield servers


@pytest.fixture
def ssetape_server(ssetape_servers: "ReplayedServers") -> "ReplayedServer":
    """A server that replays the test's captures, at `.url`."""
    return ssetape_servers()


@pytest.fixture
def ssetape_app(request: pytest.FixtureRequest) -> "ReplayedApp":
    """An ASGI application that replays the test's captures."""
    from .servers import app_of

    return app_of(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether a test passed; add the requests to the report of a failed one."""
    report = yield
    if report.when == "setup":
        item.stash[PASSED] = False  # the test may have run before
    elif report.when == "call":
        item.stash[PASSED] = report.passed
        if report.failed:
            for seen in item.stash.get(SEEN, []):
                texts = seen.sections()
                report.sections += [(title, printable_lines(text)) for title, text in texts]
    else:
        item.stash[SEEN] = []  # pytest keeps tests, and all they refer to, until the run ends
    return report
