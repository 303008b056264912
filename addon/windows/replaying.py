"""Replays captures for mitmproxy's command; needs what ssetape installs."""

from collections import OrderedDict
from contextlib import ExitStack
from pathlib import Path

from ssetape.capture import Capture
from ssetape.errors import ReplayError
from ssetape.format.values import WEBSOCKET
from ssetape.output.printable import printable
from ssetape.replay import running
from ssetape.requests.location import target

from .flow_captures import FlowCapture

# A port and a thread each; nobody asks more servers than these at a time. The oldest goes.
SERVERS_LIMIT = 16
# All heads are read before the first answer, by the thread that the proxy runs in.
CAPTURES_LIMIT = 100
# Of the captures, an overlay lists so many.
_LISTED = 20

# The same files as they were: what has been recorded since then is to be replayed as well.
_Key = tuple[tuple[Path, int], ...]


class Replays:
    """Exact servers, one for each set of captures, each in a thread of its own.

    A thread waits for no command of mitmproxy, and mitmproxy for none of its streams.
    """

    def __init__(self) -> None:
        self._running: OrderedDict[_Key, tuple[str, ExitStack]] = OrderedDict()

    def lines(self, captures: list[FlowCapture]) -> list[str]:
        """Serve captures, or go on serving them; return where, a line each.

        Raises:
            SsetapeError: none of them can be replayed, or there are too many.
        """
        if len(captures) > CAPTURES_LIMIT:
            raise ReplayError(
                f"{len(captures)} captures are more than the {CAPTURES_LIMIT} that mitmproxy "
                f"replays; in a shell: ssetape replay {captures[0].path.parent}"
            )
        opened = [Capture(each.path) for each in captures]
        url = self._url(tuple((each.path, each.size_bytes) for each in captures), opened)
        lines = [url]
        for capture in opened[:_LISTED]:
            request = capture.request
            base = f"ws{url.removeprefix('http')}" if capture.kind == WEBSOCKET else url
            lines.append(printable(f"{request.method} {base}{target(request.url)}"))
        if len(opened) > _LISTED:
            lines.append(f"and {len(opened) - _LISTED} more")
        return [*lines, f"each also as a GET: {url}/_ssetape/"]

    def close(self) -> None:
        """Stop all servers, and cut their streams."""
        while self._running:
            self._close_oldest()

    def _url(self, key: _Key, captures: list[Capture]) -> str:
        if key not in self._running:
            stack = ExitStack()
            server = stack.enter_context(running.running(captures))
            self._running[key] = server.url, stack
            if len(self._running) > SERVERS_LIMIT:
                self._close_oldest()
        return self._running[key][0]

    def _close_oldest(self) -> None:
        _, (_, stack) = self._running.popitem(last=False)
        stack.close()
