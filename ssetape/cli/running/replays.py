"""Replay servers that the page starts, one per capture, each on its own port."""

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from ssetape.capture import Capture
from ssetape.exports import curl
from ssetape.format.values import WEBSOCKET
from ssetape.requests.location import target

if TYPE_CHECKING:
    from ssetape.web.app import Replayed


class ReplaysOfCaptures:
    """Serves captures; implements `ssetape.web.app.Replays`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Path, ExitStack] = {}

    def start(
        self, path: Path, *, speed: float, instant: bool, fault: str, shares: bool
    ) -> "Replayed":
        """Serve a capture, in place of an earlier server for it.

        Raises:
            SsetapeError: the capture cannot be replayed, or the speed or the fault is invalid.
        """
        from ssetape.errors import ReplayError
        from ssetape.replay import faults, pacing, running
        from ssetape.web.app import Replayed

        try:
            pace = pacing.Pace(speed=speed, instant=instant)
        except ValueError as error:
            raise ReplayError(str(error)) from error
        scenario = faults.Scenario([faults.parse(fault)] if fault else [])
        capture = Capture(path)
        with self._lock:
            self._close(path)
            stack = ExitStack()
            server = stack.enter_context(
                running.running([capture], pace, scenario=scenario, cors=shares)
            )
            self._running[path] = stack
        asked = target(capture.request.url)
        if capture.kind == WEBSOCKET:
            return Replayed(f"ws{server.url.removeprefix('http')}{asked}", "", "")
        url = f"{server.url}{asked}"
        get_url = f"{server.url}/_ssetape/captures/0"
        return Replayed(url, get_url, curl.command(capture.request, url))

    def stop(self, path: Path) -> None:
        """Stop serving a capture; do nothing if it is not served."""
        with self._lock:
            self._close(path)

    def close(self) -> None:
        """Stop serving all captures."""
        with self._lock:
            for path in list(self._running):
                self._close(path)

    def _close(self, path: Path) -> None:
        stack = self._running.pop(path, None)
        if stack is not None:
            stack.close()
