"""Records streams that pass through mitmproxy: `mitmdump -s addon/record.py`.

Only mitmproxy has to be installed: this file finds the rest of its own checkout. Streaming
responses pass through at once, and each chunk is written to a capture before it is forwarded.
Recording never harms the traffic: failures are logged, and the bytes go on.
"""

import atexit
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

if __name__.startswith("__mitmproxy_script__"):
    # Loaded with -s: in a clone the folder above holds ssetape/, in an installation it is
    # ssetape/ itself. Import everything now: mitmproxy's own change of sys.path for scripts may
    # be gone later.
    _root = next(
        folder
        for folder in Path(__file__).resolve().parents[1:3]
        if (folder / "ssetape" / "sse.py").is_file()
    )
    sys.path.insert(0, str(_root))
    import ssetape

    if (_root / "addon").is_dir():
        ssetape.__path__.append(str(_root))

from mitmproxy import addonmanager, ctx, flowfilter, http
from mitmproxy.connection import Client

from ssetape import __version__
from ssetape.addon import (
    clock,
    commands,
    crashes,
    ends,
    flow_recording,
    flows,
    hangup,
    live,
    marks,
    modify_body,
    ordinary,
    peek,
    redirects,
    settings,
    summary,
    trailers,
    unreachable,
    websocket,
    window,
)
from ssetape.format.values import HTTP, WEBSOCKET, Headers
from ssetape.messages import detection
from ssetape.recording import mask_finished, reasons
from ssetape.recording import recording as recordings
from ssetape.recording.log import logger

if __name__.startswith("__mitmproxy_script__"):
    sys.path.remove(str(_root))


class SsetapeRecord:
    """The addon. Its hooks are in the order of a flow's life."""

    def __init__(self) -> None:
        self._settings = settings.RecorderSettings()
        self._moments = clock.Clock()
        self._crashes = crashes.Crashes()
        # The ids of flows whose recording has begun, or failed to begin.
        self._begun: set[str] = set()
        self._shutting_down = False
        self._redirects = redirects.Redirects(self._forget)

    def load(self, loader: addonmanager.Loader) -> None:
        settings.define(loader)
        trailers.install()
        self._crashes.watch()

    def configure(self, updated: set[str]) -> None:
        self._settings.update(updated)

    def running(self) -> None:
        logger.info(f"ssetape {__version__}: recording streams to {settings.folder()}")
        for problem in settings.unknown_options():
            logger.warning(f"ssetape: {problem}")
        hangup.handle(lambda: recordings.finish_all(reasons.PROXY_SHUTDOWN))

    def request(self, flow: http.HTTPFlow) -> None:
        if flow.response is None:  # not a flow that mitmproxy loads from a file
            flow.metadata.pop(flows.RECORDED, None)  # of its answer before, if it is sent again
        self._moments.request_sent(flow.id)
        trailers.make_sendable(flow.request)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        now_s = time.perf_counter()
        response = flow.response
        if ctx.options.tape_all or (response is not None and 100 < response.status_code < 400):
            self._moments.head_came(flow.id, now_s)
        if response is None or not flows.may_have_body(flow) or flows.is_answered_here(flow):
            return
        is_labelled = False
        try:
            if ends.is_interim(response.status_code):
                words = ends.interim_words(response.status_code)
                logger.warning(f"ssetape: {flows.title(flow)}: {words}")
            headers = flows.pairs(response.headers)
            is_labelled = detection.is_stream(headers, self._settings.types)
            if is_labelled or (ctx.options.tape_all and response.stream):
                if self._is_wanted(flow):
                    self._begin_stream(flow, now_s)
            elif self._is_worth_a_look(flow, headers) and self._is_wanted(flow):
                response.stream = peek.Peek(
                    response,
                    headers,
                    lambda: self._begin(flow, now_s),
                    peek.kept_bytes(response),
                    ctx.options.tape_all,
                )
        except Exception as error:
            logger.error(
                f"ssetape: cannot record {flows.title(flow)}: {reasons.said(error)}; "
                f"the stream itself goes on"
            )
        # Even if it is not recorded: by default mitmproxy holds a stream back until it ends.
        if is_labelled and not response.stream:
            response.stream = True

    def response(self, flow: http.HTTPFlow) -> None:
        now_s = time.perf_counter()
        recording = flow_recording.of(flow.id)
        if recording is not None and flow.response is not None:
            self._end_stream(recording, flow, flow.response, now_s)
        elif flows.is_loaded(flow):
            pass
        elif self._redirects.keep(flow, now_s):
            return  # until a stream comes from where it leads to
        elif flow.id not in self._begun and not flows.is_made_here(flow):
            if ctx.options.tape_all and self._is_wanted(flow):
                self._record_whole(flow, lambda: ordinary.record(flow, self._moments, now_s))
            else:
                ordinary.count(flow.response, is_excluded=not self._is_wanted(flow))
        if flow.response is not None:  # after they have been recorded as they came
            trailers.make_sendable(flow.response)
        if flow.websocket is None:  # a WebSocket's flow has just begun
            self._forget(flow)

    def websocket_start(self, flow: http.HTTPFlow) -> None:
        now_s = time.perf_counter()
        try:
            is_wanted = self._is_wanted(flow) and not flows.is_loaded(flow)
            if ctx.options.tape_websocket and is_wanted:
                self._begin(flow, self._moments.head_at(flow.id, now_s), WEBSOCKET)
        except Exception as error:
            logger.error(f"ssetape: cannot record {flows.title(flow)}: {reasons.said(error)}")
        self._forget(flow)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        websocket.message(flow, time.perf_counter())

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        now_s = time.perf_counter()
        crash = self._crashes.of(flow.client_conn)
        websocket.end(flow, now_s, self._shutting_down, crash)

    def error(self, flow: http.HTTPFlow) -> None:
        now_s = time.perf_counter()
        recording = flow_recording.of(flow.id)
        if recording is not None:
            reason, details = self._why(flow, now_s - recording.last_s)
            stream = flow.response.stream if flow.response else None
            if not recording.writer.chunks and recording.was_taken_away(stream):
                recording.report_taken_away()
                reason, details = reasons.NOT_SEEN, {"error": details["error"]}
            recording.finish(now_s, reason, **details)
        elif ctx.options.tape_all and flow.response is not None and not flows.is_loaded(flow):
            reason, details = self._why(flow, 0.0)
            self._record_whole(
                flow, lambda: ordinary.record_cut(flow, self._moments, now_s, reason, details)
            )
        elif flow.response is None:
            unreachable.no_answer(flow, self._why(flow, 0.0)[0])
        self._forget(flow)

    def client_disconnected(self, client: Client) -> None:
        self._crashes.forget(client)

    def done(self) -> None:
        self._crashes.stop()
        # Also called when mitmproxy reloads this file; then the streams go on.
        if not ctx.master.should_exit.is_set():
            return
        # Chunks may arrive until the connections are closed, and each closing is reported as an
        # error. Recordings that are still open after that are ended at exit.
        self._shutting_down = True
        if recordings.live:
            logger.info(
                f"ssetape: the proxy is stopping; open streams end with it: {len(recordings.live)}"
            )
        atexit.register(recordings.finish_all, reasons.PROXY_SHUTDOWN)
        mask_finished.closing()

    def _end_stream(
        self,
        recording: flow_recording.FlowRecording,
        flow: http.HTTPFlow,
        response: http.Response,
        now_s: float,
    ) -> None:
        if recording.was_ended:
            now_s = recording.last_s
        if recording.was_taken_away(response.stream):
            recording.report_taken_away()
            recording.finish(now_s, reasons.NOT_SEEN)
            return
        flows.write_trailers(flow, recording, now_s)
        reason, details = ends.of_whole(response.status_code, bool(flow.error))
        recording.finish(now_s, reason, **details)

    def _record_whole(self, flow: http.HTTPFlow, record: Callable[[], None]) -> None:
        try:
            if flow.id not in self._begun and self._is_wanted(flow):
                record()
        except Exception as error:
            logger.error(
                f"ssetape: cannot record {flows.title(flow)}: {reasons.said(error)}; "
                f"the response went through"
            )

    def _record_redirects(self, flow: http.HTTPFlow) -> None:
        """Record what led to a stream: a replay has to lead to it, too."""
        for redirect, moment_s in self._redirects.to(flow):
            write = partial(ordinary.record, redirect, self._moments, moment_s)
            self._record_whole(redirect, write)
            self._forget(redirect)

    def _forget(self, flow: http.HTTPFlow) -> None:
        self._moments.forget(flow.id)
        self._begun.discard(flow.id)

    def _why(self, flow: http.HTTPFlow, idle_s: float) -> tuple[str, dict[str, Any]]:
        """The reason why a flow ended with an error, and the end record's other fields."""
        message = flow.error.msg if flow.error else ""
        crash = self._crashes.of(flow.client_conn)
        shutting_down = self._shutting_down or ctx.master.should_exit.is_set()
        reason, guessed = ends.reason(
            flows.circumstances(
                flow, shutting_down=shutting_down, idle_s=idle_s, has_crashed=bool(crash)
            )
        )
        if reason == reasons.PROXY_FAILED:
            message = crash
        return reason, {"error": message, **({"guessed": True} if guessed else {})}

    def _is_wanted(self, flow: http.HTTPFlow) -> bool:
        if flows.is_made_here(flow):
            return False
        wanted = self._settings.filter
        return wanted is None or bool(flowfilter.match(wanted, flow))

    def _is_worth_a_look(self, flow: http.HTTPFlow, headers: Headers) -> bool:
        response, request = flow.response, flow.request
        if response is None or not ctx.options.tape_peek or callable(response.stream):
            return False
        return detection.is_worth_a_look(
            response.status_code, headers, flows.pairs(request.headers), request.raw_content
        )

    def _begin_stream(self, flow: http.HTTPFlow, now_s: float) -> None:
        response = flow.response
        recording = self._begin(flow, now_s)
        if recording is not None and response is not None:
            inner = response.stream if callable(response.stream) else None
            response.stream = recording.stream_function(inner)

    def _begin(
        self, flow: http.HTTPFlow, head_s: float, kind: str = HTTP
    ) -> flow_recording.FlowRecording | None:
        self._begun.add(flow.id)
        recording = flows.begin(flow, self._moments.sent_at(flow, head_s), head_s, kind)
        if recording is not None:
            logger.info(f"ssetape: recording {recording.title} to {recording.writer.path.name}")
            self._record_redirects(flow)
        return recording


addons = [
    SsetapeRecord(),
    modify_body.ModifyStreamedBodies(),
    live.SsetapeFaults(),
    unreachable.Unreachable(),
    summary.Summary(),
    window.SsetapeWindow(),
    commands.SsetapeCommands(),
    marks.SsetapeMarks(),
]
