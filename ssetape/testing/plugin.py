"""The pytest plugin: its options, its marker, its fixtures, and what it adds to reports.

Loaded in every run of pytest: what takes time to import is imported when a test asks for it.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

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
        help="replay captures; record them anew; auto: record those that are not there; off: ask "
        "the target itself. Default: auto where a target is known, in CI and elsewhere replay.",
    )
    group.addoption(
        "--ssetape-target",
        metavar="URL",
        help="The real server, as https://api.openai.com, to record from.",
    )
    group.addoption(
        "--ssetape-speed",
        metavar="X",
        help="Replay X times as fast as recorded where a test says nothing else. Default: instant.",
    )
    parser.addini("ssetape_mode", "As --ssetape.")
    parser.addini("ssetape_target", "As --ssetape-target.")
    parser.addini("ssetape_speed", "As --ssetape-speed.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*paths, **options): the captures that ssetape_server and ssetape_app serve, "
        "relative to the test's folder, and how: speed, faults, match, target, ...",
    )


@pytest.fixture
def ssetape_servers(request: pytest.FixtureRequest) -> "Iterator[ReplayedServers]":
    """Makes servers, each of the captures and with the options it is called with."""
    from .servers import ReplayedServers

    with ReplayedServers(request.node) as servers:
        yield servers


@pytest.fixture
def ssetape_server(ssetape_servers: "ReplayedServers") -> "ReplayedServer":
    """A server that replays the test's captures; `.url` is where."""
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
    """Keep whether a test has passed; have the report of one that failed say what was asked."""
    report = yield
    if report.when == "setup":
        item.stash[PASSED] = False  # it may have been run before
    elif report.when == "call":
        item.stash[PASSED] = report.passed
        if report.failed:
            for seen in item.stash.get(SEEN, []):
                report.sections += seen.sections()
    else:
        item.stash[SEEN] = []  # tests are kept to the end of the run, with all that they hold
    return report
