"""Notes in a flow how its stream went: milestones as its comment, a mark if it was cut.

mitmproxy's filters then find it: `~comment ttft`, `~marked`. Only where somebody sees it: in a
window. The end of a stream does not wait for it, and neither does the file of `save_stream_file`.
"""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.flow import Flow
from mitmproxy.hooks import UpdateHook

from ssetape.recording import recording
from ssetape.recording.log import logger
from ssetape.recording.reasons import said
from ssetape.showing.in_short import in_short, was_cut

from ..recorder import flows
from . import aside, flow_captures, needed

MARK = ":scissors:"
# Metadata key of what has been noted in a flow, its comment and its mark: all else a person wrote.
_NOTED = "ssetape_noted"
# A thread measures 60 to 100 MB/s, and takes turns with the proxy meanwhile: some 15 ms for this
# much. A process measures what is larger.
THREAD_LIMIT_BYTES = 1024 * 1024


class SsetapeMarks:
    """The addon. Failures are logged; they harm neither the traffic nor the capture."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ssetape-marks")
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_usable = True
        # The ids of flows that have ended while their clients are still getting what is left.
        self._late: set[str] = set()

    def running(self) -> None:
        if _has_window():
            # Else the first stream would wait for that. What is missing is said when it is missed.
            self._thread.submit(lambda: needed.load("measuring").get_ready())

    def request(self, flow: http.HTTPFlow) -> None:
        # If it is sent again, of its answer before; the notes of a file may be anything.
        noted = flow.metadata.pop(_NOTED, None) if flow.response is None else None
        if isinstance(noted, dict):
            flow.comment = "" if flow.comment == noted.get("comment") else flow.comment
            flow.marked = "" if flow.marked == noted.get("marked") else flow.marked

    def response(self, flow: http.HTTPFlow) -> None:
        self._ended(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        self._ended(flow)

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        self._ended(flow)

    def update(self, flows: Sequence[Flow]) -> None:
        for flow in flows:
            if isinstance(flow, http.HTTPFlow) and flow.id in self._late - recording.live.keys():
                self._late.discard(flow.id)
                if path := flow_captures.path_of(flow):
                    self._measure(flow, path)

    def done(self) -> None:
        self._is_usable = False
        for task in self._tasks:
            task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ended(self, flow: http.HTTPFlow) -> None:
        """Start to measure, if the flow's recording has ended."""
        if not (self._is_usable and _has_window()):
            return
        path = flow_captures.path_of(flow)
        if path is None or flows.is_loaded(flow) or not _streamed(flow):
            return
        if flow.id in recording.live:
            self._late.add(flow.id)
        else:
            self._measure(flow, path)

    def _measure(self, flow: http.HTTPFlow, path: Path) -> None:
        task = asyncio.get_running_loop().create_task(self._note(flow, path))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _note(self, flow: http.HTTPFlow, path: Path) -> None:
        try:
            measured = await self._measured(path)
            if flow_captures.path_of(flow) != path:
                return  # it has been sent again meanwhile
            comment, mark = in_short(measured), MARK if was_cut(measured) else ""
            flow.metadata[_NOTED] = {"comment": comment, "marked": mark}
            flow.comment = flow.comment or comment
            flow.marked = flow.marked or mark
            ctx.master.addons.trigger(UpdateHook([flow]))
        except needed.NotInstalled as error:
            self._is_usable = False
            logger.warning(f"ssetape: flows get no comments and marks: {error}")
        except Exception as error:
            logger.warning(f"ssetape: {path.name}: cannot be measured for a comment: {said(error)}")

    async def _measured(self, path: Path) -> dict[str, Any]:
        """The object of `ssetape stats --json`."""
        if _is_small(path):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, _measured_here, path)
        done = await asyncio.wrap_future(aside.run("stats", "--json", "--", str(path)))
        measured: dict[str, Any] = json.loads(done.stdout or _raise(done.stderr))
        return measured


def _has_window() -> bool:
    return ctx.master.addons.get("view") is not None


def _measured_here(path: Path) -> dict[str, Any]:
    measured: dict[str, Any] = needed.load("measuring").measured(path)
    return measured


def _is_small(path: Path) -> bool:
    try:
        return path.stat().st_size <= THREAD_LIMIT_BYTES
    except OSError:  # the measurement says why
        return True


def _raise(text: str) -> str:
    raise ValueError(text.strip() or "the process said nothing")


def _streamed(flow: http.HTTPFlow) -> bool:
    """Whether a flow is a stream, and no ordinary response that was recorded with the others."""
    return flow.websocket is not None or bool(flow.response and flow.response.stream)
