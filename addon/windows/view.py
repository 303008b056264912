"""mitmproxy's content views "Event stream" and "Event stream, chunks", for all its versions.

Loaded only where mitmproxy has a window.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from typing import Any

from mitmproxy import contentviews, ctx, http
from mitmproxy.websocket import WebSocketMessage

from ssetape.output.printable import printable
from ssetape.recording.log import logger

from ..recorder.flows import RECORDED
from .reading import NotRecorded
from .socket_text import SocketTexts, has_message
from .stream_text import StreamTexts, has_body

# Above mitmproxy's own views, which have at most 2, for what was recorded with its times.
_FIRST = 100.0
_POSSIBLE = 1.0
_NOT = -1.0
# What follows the words on a page is seen by who scrolls to it.
_PAGE_COLUMNS = 120
# Of so many flows it is remembered that their text has failed.
_FAILED_LIMIT = 1000


class StreamView:
    """One content view, whatever mitmproxy's version: the text of a message and its priority.

    Args:
        name: as mitmproxy's windows list it.
        text: makes the text of a response's body.
        sockets: makes those of a WebSocket's messages.
        priority: among the views of what was recorded.
        looked: is told how long each took, in seconds.
    """

    def __init__(
        self,
        name: str,
        text: Callable[[http.HTTPFlow], str],
        sockets: SocketTexts,
        priority: float,
        looked: Callable[[float], object],
    ) -> None:
        self.name = name
        self._text = text
        self._sockets = sockets
        self._priority = priority
        self._looked = looked
        self._failed: set[str] = set()

    def text(self, flow: Any, message: Any) -> str:
        """The text of a response's body or of a WebSocket's message; else why there is none."""
        begun_s = perf_counter()
        try:
            if isinstance(message, WebSocketMessage):
                return self._sockets.of(flow, message)
            if not isinstance(flow, http.HTTPFlow) or message is not flow.response:
                raise NotRecorded("ssetape records responses")
            return self._text(flow)
        except NotRecorded as error:  # somebody has chosen this view by hand
            return f"{error}: choose another view"
        except Exception as error:
            capture = flow.metadata[RECORDED].get("capture")
            if flow.id not in self._failed and len(self._failed) < _FAILED_LIMIT:
                self._failed.add(flow.id)
                logger.error(f"ssetape: cannot show {capture}: {error!r:.200}")
            return printable(f"cannot be shown ({error!r:.200}): ssetape show {capture}")
        finally:
            self._looked(perf_counter() - begun_s)

    def priority(self, flow: Any, message: Any) -> float:
        """How much this view is to be preferred."""
        try:
            if isinstance(message, WebSocketMessage):
                is_ours = has_message(flow, message)
            else:
                is_ours = message is not None and message is flow.response and has_body(flow)
        except Exception:  # the notes may be those of any file
            is_ours = False
        return self._priority if is_ours else _NOT


class _Contentview:
    """A view as mitmproxy asks for it: the first way from 12 on, the other before."""

    syntax_highlight = "none"

    def __init__(self, view: StreamView) -> None:
        self._view = view
        self.name = view.name

    def prettify(self, data: bytes, metadata: Any) -> str:
        return self._view.text(metadata.flow, _message(vars(metadata)))

    def __call__(self, data: bytes, **known: Any) -> tuple[str, Iterator[list[tuple[str, str]]]]:
        text = self._view.text(known.get("flow"), _message(known))
        return self.name, ([("text", line)] for line in text.split("\n"))

    def render_priority(self, data: bytes, metadata: Any = None, **known: Any) -> float:
        known = known if metadata is None else vars(metadata)
        return self._view.priority(known.get("flow"), _message(known))

    def __lt__(self, other: Any) -> bool:
        return bool(self.name < other.name)


def _message(known: Mapping[str, Any]) -> Any:
    return known.get("websocket_message") or known.get("http_message")


def _columns() -> int:
    """How wide the window is: the console, or a page, which scrolls."""
    is_console = ctx.master.addons.get("consoleaddon") is not None
    return shutil.get_terminal_size().columns if is_console else _PAGE_COLUMNS


def install(looked: Callable[[float], object]) -> None:
    """Give the views to mitmproxy; `looked` is told how long each look took, in seconds."""
    streams, sockets = StreamTexts(_columns), SocketTexts()
    for view in (
        StreamView("Event stream", streams.events, sockets, _FIRST, looked),
        StreamView("Event stream, chunks", streams.chunks, sockets, _POSSIBLE, looked),
    ):
        old: Any = contentviews
        if not hasattr(old, "Contentview") and (found := old.get(view.name)) is not None:
            old.remove(found)  # the script is loaded again
        old.add(_Contentview(view))
