"""Makes a test's server: a replay of its captures, or the real server, recorded or not."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Unpack

import pytest

from ssetape.capture import Capture
from ssetape.errors import CaptureError, ReplayError, SsetapeError
from ssetape.local_only import ANY_HOST
from ssetape.replay import asgi, running

from . import capture_files
from .app import ReplayedApp
from .arguments import arguments_of, matching_options
from .listener import Listening
from .recording import RealServer, RecordedServer, Recorder
from .requested import shown
from .server import ReplayedServer
from .settings import (
    EXAMPLE_TARGET,
    PASSED,
    SEEN,
    Mode,
    Options,
    check,
    check_target,
    command_that_records,
    settings_of,
)
from .summary import note_kept

# The places that this run has recorded to: further captures are added to them.
_RECORDED: pytest.StashKey[set[Path]] = pytest.StashKey()


class ReplayedServers:
    """Makes servers for a test; all of them stop when it ends.

    Call it with paths of captures and with the marker's keywords as options. Without paths, it uses
    those of the marker, or else the test's own. Options take precedence over the marker's.
    """

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        with _without_traceback():
            self._settings = settings_of(item)
        self._stack = ExitStack()
        self._recorders: list[tuple[Recorder, Path, str]] = []

    def __enter__(self) -> "ReplayedServers":
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self._stack, _without_traceback():
            passed = self._item.stash.get(PASSED, False)
            for recorder, place, url in self._recorders:
                recorder.stop()
                if passed:
                    self._keep(recorder, place, url)

    def __call__(self, *paths: str, **options: Unpack[Options]) -> ReplayedServer:
        with _without_traceback():
            server = self._make(paths, options)
        self._item.stash.setdefault(SEEN, []).append(server)
        return server

    def _make(self, paths: tuple[str, ...], own: Options) -> ReplayedServer:
        check("ssetape_servers", paths, own)
        options: Options = {**self._settings.options, **own}
        target = own.get("target") or self._settings.target
        mode = self._settings.mode
        if target:
            check_target(target)
        misbehaves = bool(options.get("faults"))
        to_record = mode is Mode.RECORD and not misbehaves
        places_ = _places(self._item, paths or self._settings.paths, to_record=to_record)
        if mode is Mode.OFF:
            if misbehaves:
                pytest.skip("cannot apply faults with --ssetape=off: that needs a replay")
            return RealServer(_needed(target, mode))
        recorded = self._item.config.stash.setdefault(_RECORDED, set())
        is_there = all(capture_files.found(place) and place not in recorded for place in places_)
        # Faults are not applied while recording, so a test that expects them would fail.
        if to_record or (mode is Mode.AUTO and target and not is_there and not misbehaves):
            return self._record(_needed(target, mode), places_)
        captures, problems = _opened(self._item, places_, target, misbehaves)
        listening = Listening()
        arguments = arguments_of(options, self._settings.speed)
        server = running.running(captures, listeners=[listening], **arguments)
        matching = matching_options(arguments["matching"])
        started = self._stack.enter_context(server)
        return ReplayedServer(started, listening, captures, problems, matching)

    def _record(self, target: str, places_: list[Path]) -> ReplayedServer:
        if len(places_) != 1:
            listed = ", ".join(place.name for place in places_)
            raise pytest.UsageError(f"cannot record to several places at once: {listed}")
        recorder = Recorder(target)
        self._stack.callback(recorder.close)
        url = recorder.start()
        self._recorders.append((recorder, places_[0], url))
        return RecordedServer(url, recorder)

    def _keep(self, recorder: Recorder, place: Path, url: str) -> None:
        if not recorder.captures():
            why = "; ".join(recorder.failures()) or "check that the test uses its URL"
            raise ReplayError(f"nothing was recorded: no request to {url} was answered: {why}")
        recorded = self._item.config.stash.setdefault(_RECORDED, set())
        try:
            kept = capture_files.keep(recorder.folder, place, adds=place in recorded)
        except (OSError, ValueError) as error:
            raise ReplayError(f"cannot keep the recording: {error}") from error
        recorded.add(place)
        note_kept(self._item.config, kept)


def app_of(item: pytest.Item) -> ReplayedApp:
    """Make an application that replays a test's captures."""
    with _without_traceback():
        settings = settings_of(item)
        if settings.mode is Mode.OFF:
            pytest.skip("cannot use ssetape_app with --ssetape=off: that needs a replay")
        places_ = _places(item, settings.paths, to_record=False)
        captures, problems = _opened(item, places_, settings.target, True)
        arguments = arguments_of(settings.options, settings.speed)
        arguments["allow_hosts"] = [ANY_HOST]  # no browser reaches it
        app = asgi.ReplayApp(captures, **arguments)
        matching = matching_options(arguments["matching"])
        replayed = ReplayedApp(app, Listening(), captures, problems, matching)
    item.stash.setdefault(SEEN, []).append(replayed)
    return replayed


@contextmanager
def _without_traceback() -> Iterator[None]:
    """Report errors without a traceback through this package."""
    __tracebackhide__ = True
    try:
        yield
    except (SsetapeError, pytest.UsageError) as error:
        raise pytest.fail.Exception(f"ssetape: {error}", pytrace=False) from None


def _places(item: pytest.Item, paths: tuple[str, ...], *, to_record: bool) -> list[Path]:
    if paths:
        return [item.path.parent / path for path in paths]
    return [capture_files.place_of(item) if to_record else capture_files.place_to_replay(item)]


def _needed(target: str | None, mode: Mode) -> str:
    if not target:
        raise pytest.UsageError(
            f"--ssetape={mode.value} needs the real server: set --ssetape-target URL, "
            f"`ssetape_target` in the ini file, or target=URL in the marker"
        )
    return target


def _opened(
    item: pytest.Item, places_: list[Path], target: str | None, is_replayed_alone: bool
) -> tuple[list[Capture], list[str]]:
    """Open the captures at some places; return them, and the problems of damaged ones.

    Args:
        is_replayed_alone: whether the test itself cannot record.

    Raises:
        ReplayError: a place has no captures, or none can be opened.
    """
    captures, problems = [], []
    for place in places_:
        paths = capture_files.found(place)
        if not paths:
            raise ReplayError(_missing(item, place, target, is_replayed_alone))
        for path in paths:
            try:
                captures.append(Capture(path, name=shown(path)))
            except CaptureError as error:
                problems.append(str(error))
    if not captures:
        raise ReplayError("; ".join(["nothing to replay", *problems]))
    return captures, problems


def _missing(item: pytest.Item, place: Path, target: str | None, is_replayed_alone: bool) -> str:
    what = "has none" if place.is_dir() else "does not exist, with .ssetape or without"
    lines = [f"no captures for {item.nodeid}: {shown(place)} {what}."]
    if is_replayed_alone:
        lines.append(
            "This test cannot record, because it has faults or uses ssetape_app. Record with a "
            "test that uses ssetape_server without faults, and name its captures in this test's "
            "marker: "
            '@pytest.mark.ssetape("captures/...").'
        )
        return "\n".join(lines)
    lines += ["Record them:", f"  {command_that_records(item, target)}"]
    if not target:
        lines.append(f"Replace {EXAMPLE_TARGET} with the server that the test talks to.")
    return "\n".join(lines)
