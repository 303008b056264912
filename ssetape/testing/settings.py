"""The settings from the marker, the command line and the ini file.

pytest loads this in every run: nothing slow is imported here.
"""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypedDict, cast

import pytest

from ssetape.output.did_you_mean import expected_one_of

if TYPE_CHECKING:
    from .requested import Seen

MARKER = "ssetape"
INSTANT = "instant"
EXAMPLE_TARGET = "https://api.example.com"

# The fixtures of a test, for its report; and whether the test has passed.
SEEN: pytest.StashKey[list["Seen"]] = pytest.StashKey()
PASSED: pytest.StashKey[bool] = pytest.StashKey()


class Mode(Enum):
    """Where the answers come from."""

    AUTO = "auto"
    REPLAY = "replay"
    RECORD = "record"
    OFF = "off"


class Options(TypedDict, total=False):
    """The keywords of the marker, and of `ssetape_servers`.

    Attributes:
        speed: 1 for the recorded times, 2 for half of them.
        instant: never wait, the default; False means `speed=1`.
        max_gap_s: shorten every silence to at most this many recorded seconds.
        faults: as for `ssetape replay --fault`.
        seed: random seed of the faults.
        match: how similar a request must be: "exact", "normalised", "path", "sequence", "nearest".
        ignore_query: names of query parameters to ignore.
        ignore_fields: fields of bodies to ignore.
        match_headers: names of headers to compare, too.
        resume: continue after a request's Last-Event-ID.
        cors: let web pages of any origin read the answers.
        allow_hosts: host names that are the server's.
        independent: whether each stream has its own time, whatever else is asked.
        rewrite: whether answers get the ids and addresses that the client uses.
        strict: whether a stream is cut that waits in vain for another request.
        websocket: whether a WebSocket client must send what was recorded: "loose" or "strict".
        target: the real server to record from.
    """

    speed: float
    instant: bool
    max_gap_s: float
    faults: Sequence[str]
    seed: int
    match: str
    ignore_query: Sequence[str]
    ignore_fields: Sequence[str]
    match_headers: Sequence[str]
    resume: bool
    cors: bool
    allow_hosts: Sequence[str]
    independent: bool
    rewrite: bool
    strict: bool
    websocket: str
    target: str


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """The settings of one test.

    Attributes:
        paths: the marker's, as written there; () for the test's own place.
        options: the keywords of its markers; the closest marker wins.
        mode: from the command line, the ini file, or the environment.
        target: from the options, or else of the run; None if there is none.
        speed: of the run: `INSTANT` or a number.
    """

    paths: tuple[str, ...]
    options: Options
    mode: Mode
    target: str | None
    speed: str


def settings_of(item: pytest.Item) -> PluginSettings:
    """The settings of a test.

    Raises:
        pytest.UsageError: a setting is not valid.
    """
    options: Options = {}
    paths: tuple[str, ...] = ()
    for marker in reversed(list(item.iter_markers(MARKER))):
        check(f"@pytest.mark.{MARKER}", marker.args, marker.kwargs)
        paths = marker.args or paths
        options.update(cast(Options, marker.kwargs))
    target = options.get("target") or _asked(item.config, "target", "")
    mode = _asked(item.config, "mode", "") or _mode_by_default(bool(target))
    modes = [each.value for each in Mode]
    if mode not in modes:
        raise pytest.UsageError(f"ssetape_mode: {expected_one_of(modes, mode)}")
    if target:
        check_target(target)
    speed = _asked(item.config, "speed", INSTANT)
    return PluginSettings(paths, options, Mode(mode), target or None, speed)


def check(where: str, paths: Sequence[object], options: Mapping[str, object]) -> None:
    """Check the arguments of a marker or a call; `where` names it in errors.

    Raises:
        pytest.UsageError: an argument is unknown, or has the wrong type.
    """
    for path in paths:
        if not isinstance(path, str | os.PathLike):
            raise pytest.UsageError(f"{where}: expected paths of captures, found {path!r:.60}")
    known = Options.__annotations__
    for name in options:
        if name not in known:
            raise pytest.UsageError(f"{where}: keywords: {expected_one_of(known, name)}")
    for name in ("faults", "ignore_query", "ignore_fields", "match_headers", "allow_hosts"):
        found = options.get(name, [])
        if not isinstance(found, list | tuple) or not all(isinstance(x, str) for x in found):
            raise pytest.UsageError(f"{where}: {name}: expected a list of strings, found {found!r}")


def check_target(target: str) -> None:
    """Check that a target is the URL of a server.

    Raises:
        pytest.UsageError: it is not, or it has a path.
    """
    from urllib.parse import urlsplit  # not in every run of pytest

    parts = urlsplit(target)
    if not parts.scheme or not parts.netloc or parts.path.strip("/") or parts.query:
        raise pytest.UsageError(
            f"target {target}: expected a server without a path, such as https://api.openai.com; "
            f"the path belongs in the test, as in f'{{ssetape_server.url}}/v1'"
        )


def command_that_records(item: pytest.Item, target: str | None) -> str:
    """The command that records a test's captures."""
    path, colons, rest = item.nodeid.partition("::")
    path = os.path.relpath(item.config.rootpath / path, item.config.invocation_params.dir)
    words = ["pytest", f"{path}{colons}{rest}", "--ssetape=record"]
    if target is None or item.config.getoption("ssetape_target"):  # nothing else names it
        words += ["--ssetape-target", target or EXAMPLE_TARGET]
    return shlex.join(words)


def _asked(config: pytest.Config, name: str, default: str) -> str:
    """A setting from the command line, or else from the ini file."""
    return str(config.getoption(f"ssetape_{name}") or config.getini(f"ssetape_{name}") or default)


def _mode_by_default(has_target: bool) -> str:
    if os.environ.get("CI", "").lower() not in ("", "0", "false") or not has_target:
        return Mode.REPLAY.value
    return Mode.AUTO.value
