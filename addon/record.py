"""Records event streams that pass through mitmproxy: `mitmdump -s addon/record.py`.

Nothing but mitmproxy need be installed: this file finds the rest of its own checkout. Every
event-stream response is let through at once, and each chunk is written to a capture before it
is forwarded. The traffic is never harmed: what goes wrong here is logged, and the bytes go on.
"""

import atexit
import logging
import signal
import sys
import time
from asyncio import get_running_loop
from pathlib import Path
from typing import Any
from urllib.parse import quote

if __name__.startswith("__mitmproxy_script__"):
    # Loaded with -s: from a clone the folder above holds ssetape/, from an installation it is
    # ssetape/ itself. All imports are done here and now; mitmproxy's own change of sys.path for
    # scripts is not to be relied on later.
    _root = next(
        folder
        for folder in Path(__file__).resolve().parents[1:3]
        if (folder / "ssetape" / "writer.py").is_file()
    )
    sys.path.insert(0, str(_root))
    import ssetape

    if (_root / "addon").is_dir():
        ssetape.__path__.append(str(_root))

from mitmproxy import addonmanager, ctx, exceptions, flowfilter, http, version
from mitmproxy.connection import Connection, ConnectionState

from ssetape import __version__
from ssetape.addon import ends, recordings
from ssetape.records import Headers
from ssetape.redaction import mask_headers, mask_url
from ssetape.writer import CaptureWriter, body_field, capture_name, timestamp

if __name__.startswith("__mitmproxy_script__"):
    sys.path.remove(str(_root))

logger = logging.getLogger("ssetape")


_MASKS = ("on", "off")


class SsetapeRecord:
    """The addon. The hooks stand in the order of a flow's life."""

    def __init__(self) -> None:
        self._filter: flowfilter.TFilter | None = None
        self._sent: dict[str, tuple[float, int]] = {}  # by flow id: perf_counter s, wall ns
        self._shutting_down = False

    def load(self, loader: addonmanager.Loader) -> None:
        loader.add_option("tape_dir", str, "captures", "Folder for the captures (ssetape).")
        loader.add_option(
            "tape_filter",
            str,
            "",
            "Record only flows that match this mitmproxy filter expression (ssetape).",
        )
        loader.add_option(
            "tape_mask",
            str,
            "on",
            "Mask credentials in headers and in the URL's query; off keeps them (ssetape).",
            choices=_MASKS,
        )

    def configure(self, updated: set[str]) -> None:
        if "tape_filter" in updated:
            expression = ctx.options.tape_filter
            try:
                self._filter = flowfilter.parse(expression) if expression else None
            except ValueError as error:
                raise exceptions.OptionsError(f"tape_filter {expression!r}: {error}") from error
            if expression and self._filter is None:
                raise exceptions.OptionsError(
                    f"tape_filter {expression!r}: not a filter expression"
                )

        if "tape_mask" in updated and ctx.options.tape_mask not in _MASKS:
            found = ctx.options.tape_mask
            raise exceptions.OptionsError(f"tape_mask {found!r}: expected {' or '.join(_MASKS)}")

    def running(self) -> None:
        folder = _folder()
        logger.info(f"ssetape {__version__}: event streams are recorded to {folder}")
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
            # A closed terminal would kill the proxy without a word to anybody.
            try:
                get_running_loop().add_signal_handler(signal.SIGHUP, ctx.master.shutdown)
            except (RuntimeError, ValueError, NotImplementedError):
                pass  # not the main thread, or not a loop with signals: whoever embeds decides

    def request(self, flow: http.HTTPFlow) -> None:
        self._sent[flow.id] = time.perf_counter(), time.time_ns()

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        now_s = time.perf_counter()
        try:
            if not _is_streaming(flow):
                return
            if self._filter is None or flowfilter.match(self._filter, flow):
                self._begin(flow, now_s)
        except Exception as error:
            logger.error(
                f"ssetape: cannot record {_title(flow)}: {error}; the stream itself goes on"
            )
        # Recorded or not: left to itself mitmproxy would hold an event stream back to its end.
        if flow.response is not None and not flow.response.stream:
            flow.response.stream = True

    def response(self, flow: http.HTTPFlow) -> None:
        self._sent.pop(flow.id, None)
        recording = recordings.live.get(flow.id)
        if recording is None or flow.response is None:
            return
        now_s = recording.last_call_s if recording.was_ended else time.perf_counter()
        if recording.was_taken_away(flow.response.stream):
            self._report_taken_away(recording)
            recording.finish(now_s, ends.NOT_SEEN)
            return
        if flow.response.trailers:
            fields = _headers_fields(flow.response.trailers, [])
            recording.trailers(now_s, fields.pop("headers"), fields)
        recording.finish(now_s, ends.KILLED if flow.error else ends.COMPLETE)

    def error(self, flow: http.HTTPFlow) -> None:
        now_s = time.perf_counter()
        self._sent.pop(flow.id, None)
        recording = recordings.live.get(flow.id)
        if recording is None:
            return
        message = flow.error.msg if flow.error else ""
        reason, guessed = ends.reason(
            ends.Circumstances(
                message=message,
                client_connected=_is_connected(flow.client_conn),
                server_connected=_is_connected(flow.server_conn),
                client_multiplexes=_multiplexes(flow.client_conn),
                server_multiplexes=_multiplexes(flow.server_conn),
                shutting_down=self._shutting_down or ctx.master.should_exit.is_set(),
                idle_s=now_s - recording.last_call_s,
                idle_limit_s=_idle_limit_s(),
            )
        )
        stream = flow.response.stream if flow.response else None
        if not recording.writer.chunks and recording.was_taken_away(stream):
            self._report_taken_away(recording)
            reason, guessed = ends.NOT_SEEN, False
        details = {"guessed": True} if guessed else {}
        recording.finish(now_s, reason, error=message, **details)

    def done(self) -> None:
        # Also called when mitmproxy loads this file anew; then the streams go on.
        if not ctx.master.should_exit.is_set():
            return
        # Chunks may come until the connections are closed, which reports an error for each.
        # Whatever is then still open is ended at exit.
        self._shutting_down = True
        if recordings.live:
            logger.info(
                f"ssetape: the proxy stops; streams that end with it: {len(recordings.live)}"
            )
        atexit.register(recordings.finish_all, ends.PROXY_SHUTDOWN)

    def _report_taken_away(self, recording: recordings.Recording) -> None:
        logger.error(
            f"ssetape: another addon replaced the stream function of {recording.title}, and the "
            f"rest was not seen: load addon/record.py after that addon"
        )

    def _begin(self, flow: http.HTTPFlow, now_s: float) -> None:
        response = flow.response
        assert response is not None
        sent_s, sent_wall_ns = self._sent_at(flow, now_s)
        url = _url(flow)
        masked_query: list[str] = []
        if ctx.options.tape_mask == "on":
            url, masked_query = mask_url(url)
        request = {
            "method": flow.request.method,
            "url": url,
            "http_version": flow.request.http_version,
            **_headers_fields(flow.request.headers, masked_query),
            "body": body_field(flow.request.raw_content),
        }
        header = {
            "id": flow.id,
            "kind": "http",
            "started": timestamp(sent_wall_ns),
            "clock": "monotonic",
            "recorder": f"ssetape/{__version__} mitmproxy/{version.VERSION}",
            "request": request,
        }
        name = capture_name(sent_wall_ns, flow.request.pretty_host, flow.request.path)
        writer = CaptureWriter.create(_folder(), name, header)
        recording = recordings.Recording(flow.id, _title(flow), writer, sent_s)

        try:
            head = {
                "status": response.status_code,
                "reason": response.data.reason.decode("latin-1"),
                "http_version": response.http_version,
                **_headers_fields(response.headers, []),
            }
            recording.head(now_s, head)
        except Exception as error:  # the file is there already: it has to be closed
            recording.fail(error)
            return
        inner = response.stream if callable(response.stream) else None
        response.stream = recording.stream_function(inner)
        logger.info(f"ssetape: recording {recording.title} to {writer.path.name}")

    def _sent_at(self, flow: http.HTTPFlow, now_s: float) -> tuple[float, int]:
        """When the request went to the server: perf_counter seconds, and wall-clock ns.

        That is when mitmproxy had it all, or, if the connection was opened only then, when that
        was ready. mitmproxy's own stamps are wall-clock: only short differences of them count.
        """
        now_wall_ns = time.time_ns()
        request_s = flow.request.timestamp_end or flow.request.timestamp_start
        had_s, had_wall_ns = self._sent.pop(
            flow.id, (now_s - max(0.0, now_wall_ns / 1e9 - request_s), int(request_s * 1e9))
        )
        server = flow.server_conn
        ready_s = server.timestamp_tls_setup or server.timestamp_tcp_setup or 0.0
        waited_s = min(max(0.0, ready_s - had_wall_ns / 1e9), max(0.0, now_s - had_s))
        return had_s + waited_s, had_wall_ns + int(waited_s * 1e9)


def _is_streaming(flow: http.HTTPFlow) -> bool:
    response = flow.response
    if response is None or flow.request.method == "HEAD" or response.status_code in (204, 304):
        return False
    return is_event_stream(response.headers.get_all("content-type"))


def is_event_stream(content_types: list[str]) -> bool:
    """Whether Content-Type values name an event stream, in any spelling, with any parameters."""
    media_types = (value.partition(";")[0] for line in content_types for value in line.split(","))
    return any(media_type.strip().lower() == "text/event-stream" for media_type in media_types)


def _folder() -> Path:
    return Path(ctx.options.tape_dir).expanduser().absolute()


def _url(flow: http.HTTPFlow) -> str:
    """The URL as the client meant it, all ASCII: raw bytes of it are percent-encoded."""
    url = flow.request.pretty_url.encode("utf-8", "surrogateescape")
    return quote(url, safe="!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~")


def _title(flow: http.HTTPFlow) -> str:
    """Method and URL for the log, where no secret belongs whatever the options say."""
    return f"{flow.request.method} {mask_url(_url(flow))[0]}"


def _headers_fields(headers: http.Headers, masked_query: list[str]) -> dict[str, Any]:
    """The fields "headers" and, where anything was masked, "masked" of a request or a head."""
    pairs: Headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers.fields]
    names: list[str] = []
    if ctx.options.tape_mask == "on":
        pairs, names = mask_headers(pairs)
    masked = {"headers": names, "query": masked_query}
    marks = {kind: found for kind, found in masked.items() if found}
    return {"headers": pairs, **({"masked": marks} if marks else {})}


def _is_connected(connection: Connection) -> bool:
    return connection.state is ConnectionState.OPEN


def _multiplexes(connection: Connection) -> bool:
    return connection.alpn in (b"h2", b"h3")


def _idle_limit_s() -> float:
    try:
        return float(ctx.options.tcp_timeout)
    except (AttributeError, KeyError):  # before mitmproxy 12.2.1
        return 600.0


addons = [SsetapeRecord()]
