"""Keeps recorded streams for mitmproxy's windows, where there is one, and for its flow files."""

from importlib import import_module

from mitmproxy import addonmanager, ctx, exceptions, hooks, http
from mitmproxy.utils import human

from ssetape.recording.log import logger

from ..recorder import flow_recording
from ..recorder.flow_recording import FlowRecording
from ..recorder.flows import RECORDED
from . import kept
from .entries import shorten
from .kept import Kept
from .refresh import Refresh
from .shelf import Shelf

# One for all, as mitmproxy may load the script again: what was kept before counts on.
_shelf = Shelf()

# Beside mitmproxy's own memory for flows, tens of megabytes; 16m hold an hour of fifty tokens a
# second.
_DEFAULT = "16m"


class SsetapeWindow:
    """The addon."""

    def __init__(self) -> None:
        self._refresh: Refresh | None = None

    def load(self, loader: addonmanager.Loader) -> None:
        loader.add_option(
            "tape_show",
            str,
            _DEFAULT,
            "How much to keep of streams for mitmweb, the console and flow files; 0 keeps nothing "
            "(ssetape).",
        )
        # Of defaults, mitmproxy tells scripts alone.
        self.configure({"tape_show"})

    def configure(self, updated: set[str]) -> None:
        if "tape_show" in updated:
            _shelf.limit_bytes = _parsed(ctx.options.tape_show)

    def running(self) -> None:
        flow_recording.on_begin.append(self._begin)
        _shelf.keeps_ended = ctx.master.addons.get("view") is not None
        if not _shelf.keeps_ended:
            return
        self._refresh = Refresh(_update)
        for each in kept.live.values():  # streams from before the script was loaded again
            each.on_change = self._changed
        try:
            # Not needed where there is no window, and it loads more than the recorder may need.
            import_module(f"{__package__}.view").install(self._refresh.looked)
        except Exception as error:
            logger.warning(f"ssetape: mitmproxy shows streams in its own way: {error!r:.200}")

    def response(self, flow: http.HTTPFlow) -> None:
        shorten(flow.metadata.get(RECORDED))  # for flows that mitmproxy loads from a file

    def done(self) -> None:
        if self._begin in flow_recording.on_begin:
            flow_recording.on_begin.remove(self._begin)
        if self._refresh is not None:
            self._refresh.stop()
            self._refresh = None
        for each in list(kept.live.values()):
            each.publish(wholly=ctx.master.should_exit.is_set())

    def _begin(self, flow: http.HTTPFlow, recording: FlowRecording, head_s: float) -> None:
        has_use = self._refresh is not None or ctx.options.save_stream_file
        response = flow.response
        if not has_use or not _shelf.limit_bytes or response is None:
            return
        if flow.websocket is None and response.raw_content is not None:
            return  # an ordinary response: mitmproxy has it
        recording.watcher = Kept(_shelf, flow, head_s, self._changed)

    def _changed(self, changed: Kept) -> None:
        if self._refresh is not None:
            self._refresh.mark(changed)


def _update(flow: http.HTTPFlow) -> None:
    """Tell the windows as mitmproxy does after its own hooks."""
    ctx.master.addons.trigger(hooks.UpdateHook([flow]))


def _parsed(size: str) -> int:
    try:
        limit_bytes: int = human.parse_size(size) or 0
        if limit_bytes < 0:
            raise ValueError("it is negative")
    except ValueError as error:
        raise exceptions.OptionsError(
            f"tape_show {size!r:.60}: expected a size such as 16m"
        ) from error
    return limit_bytes
