"""Answers requests that pass through mitmproxy from captures: `mitmdump -s addon/replay.py`.

The client keeps its real URL and needs neither network nor DNS: a request that a capture answers
goes over loopback to the exact server in this process, which streams the answer back.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

if __name__.startswith("__mitmproxy_script__"):
    # Loaded with -s: in a clone the folder above holds ssetape/, in an installation it is
    # ssetape/ itself.
    _root = next(
        folder
        for folder in Path(__file__).resolve().parents[1:3]
        if (folder / "ssetape" / "capture.py").is_file()
    )
    sys.path.insert(0, str(_root))
    import ssetape

    if (_root / "addon").is_dir():
        ssetape.__path__.append(str(_root))

from mitmproxy import addonmanager, ctx, exceptions, http
from mitmproxy.net.http import url
from mitmproxy.proxy import mode_specs

from ssetape.addon import flows, settings
from ssetape.errors import SsetapeError
from ssetape.format import encode
from ssetape.library import open_all
from ssetape.replay import exchange, guard, pacing, rules
from ssetape.replay import server as serving
from ssetape.requests import location

if __name__.startswith("__mitmproxy_script__"):
    sys.path.remove(str(_root))

from ssetape.recording.log import logger

# mitmproxy's limit for one client's connections to one address: mitmproxy/proxy/server.py.
_CONNECTIONS_TO_ONE_ADDRESS = 5
# Those that make the server.
_OPTIONS = {"tape_replay", "tape_speed", "tape_instant", "tape_allow_host", "tape_on_miss"}


class SsetapeReplay:
    """The addon. Its hooks are in the order of a flow's life.

    Args:
        server: what answers; by default, a server for the captures that the options name.
        passes_misses: let requests that no capture answers go to the origin.
    """

    def __init__(
        self, server: serving.ReplayServer | None = None, *, passes_misses: bool = False
    ) -> None:
        self._server = server
        self._is_given = server is not None
        self._names_origin = False
        self._passes_misses = passes_misses
        self._ports: list[int] = []
        self._has_started = asyncio.Event()
        # Open flows by client and port; and the client and port of each flow.
        self._busy: Counter[tuple[str, int]] = Counter()
        self._places: dict[str, tuple[str, int]] = {}

    def load(self, loader: addonmanager.Loader) -> None:
        # Otherwise mitmproxy asks the origin for a certificate before the first request. Set
        # here, because clients may connect before the addons' running() hooks are called.
        options = loader.master.options
        options.update_defer(connection_strategy="lazy")
        # A reverse proxy names the origin as the host, before any hook could see the client's.
        if not options.keep_host_header:
            options.update(keep_host_header=True)
            self._names_origin = True
        if self._is_given:
            return
        loader.add_option("tape_replay", Sequence[str], [], "Captures, or folders of captures.")
        loader.add_option(
            "tape_allow_host",
            Sequence[str],
            [],
            "Host names under which a reverse proxy answers, and whose pages read captures.",
        )
        loader.add_option("tape_speed", str, "1", "Replay this many times as fast.")
        loader.add_option("tape_instant", bool, False, "Replay without waiting.")
        loader.add_option(
            "tape_on_miss",
            str,
            "error",
            "What to do with a request that no capture answers.",
            choices=["error", "pass"],
        )

    def configure(self, updated: set[str]) -> None:
        if self._is_given or not updated & _OPTIONS:
            return
        if self._ports:
            raise exceptions.OptionsError(
                f"{', '.join(sorted(_OPTIONS))} cannot change once mitmproxy has started"
            )
        if not ctx.options.tape_replay:
            return
        problems: list[str] = []
        try:
            pace = pacing.Pace(float(ctx.options.tape_speed), ctx.options.tape_instant)
            captures = list(open_all(ctx.options.tape_replay, problems))
            # Where misses go on, only what was asked before is replayed.
            passes = ctx.options.tape_on_miss == "pass"
            rung = rules.Match.NORMALISED if passes else rules.Match.NEAREST
            self._server = serving.ReplayServer(
                captures,
                pace,
                _log,
                matching=rules.make(default=rung),
                answers_once=True,
                allow_hosts=ctx.options.tape_allow_host,
            )
        except (SsetapeError, ValueError) as error:
            raise exceptions.OptionsError(f"ssetape: {error}") from error
        for problem in [*problems, *self._server.shelf.remarks]:
            logger.warning(f"ssetape: {problem}")

    async def running(self) -> None:
        for problem in settings.unknown_options():
            logger.warning(f"ssetape: {problem}")
        if self._server is None:
            logger.error("ssetape: nothing to replay: name captures with --set tape_replay=FOLDER")
            return
        answerer = self._server.answerer
        answerer.guard = answerer.guard.reached(guard.Reach.PROXY)
        await self._server.start()
        self._ports.append(self._server.port)
        self._has_started.set()
        logger.info(f"ssetape: replaying captures: {len(self._server.shelf.captures)}")

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        mode = flow.client_conn.proxy_mode
        if self._server is None or not isinstance(mode, mode_specs.ReverseMode):
            return
        request = flow.request
        headers = [(n, v) for n, v in flows.pairs(request.headers) if n.lower() != "host"]
        host = ("host", request.host_header or "")
        asked = exchange.ClientRequest(request.method, request.path, [*headers, host])
        refused = self._server.answerer.guard.reached(guard.Reach.DIRECT).refuses(asked)
        if refused is not None:
            logger.info(f"ssetape: {refused.log}")
            head = http.Headers([(n.encode(), v.encode()) for n, v in refused.headers])
            flow.response = http.Response.make(refused.status, refused.body, head)
        elif self._names_origin:
            request.host_header = url.hostport(request.scheme, request.host, request.port)

    async def request(self, flow: http.HTTPFlow) -> None:
        if self._server is None or flow.response is not None or flow.error is not None:
            return
        await self._has_started.wait()  # mitmproxy may start listening a moment earlier
        request = flow.request
        # Without the default port of its scheme: the exact server is asked over http.
        named = f"{request.scheme}://{request.host_header or request.pretty_host}"
        authority = location.located(named).host
        try:
            headers = [(n, v) for n, v in flows.pairs(request.headers) if n.lower() != "host"]
            asked = exchange.ClientRequest(
                request.method,
                encode.ascii_url(request.url.encode("utf-8", "surrogateescape")),
                [*headers, ("host", authority)],
                request.raw_content or b"",
            )
            answerer = self._server.answerer
            is_named = not isinstance(flow.client_conn.proxy_mode, mode_specs.ReverseMode)
            if self._lets_through() and not answerer.has_answer(asked, of_its_host=is_named):
                logger.info(f"ssetape: {request.method} {request.pretty_url} <- passed on")
                return
            port = await self._port(flow)
        except (SsetapeError, OSError) as error:
            message = f"ssetape: cannot replay {flows.title(flow)}: {error}"
            logger.error(message)
            flow.response = http.Response.make(500, f"{message}\n".encode())
            return
        flow.metadata[flows.REPLAYED] = True
        request.scheme, request.host, request.port = "http", "127.0.0.1", port
        request.host_header = authority  # the line above has changed it
        flow.server_conn.via = None

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if flow.metadata.get(flows.REPLAYED) and flow.response is not None:
            flow.response.stream = True

    def response(self, flow: http.HTTPFlow) -> None:
        if flow.websocket is None:
            self._forget(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        self._forget(flow)

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        self._forget(flow)

    async def done(self) -> None:
        if self._server is not None and self._ports:
            await self._server.close()

    def _lets_through(self) -> bool:
        if self._is_given:
            return self._passes_misses
        return bool(ctx.options.tape_on_miss == "pass")

    async def _port(self, flow: http.HTTPFlow) -> int:
        """A port to which mitmproxy may make one more connection for this client."""
        assert self._server is not None
        client = flow.client_conn.id
        for port in self._ports:
            if self._busy[client, port] < _CONNECTIONS_TO_ONE_ADDRESS:
                break
        else:
            port = await self._server.open_port()
            self._ports.append(port)
        self._busy[client, port] += 1
        self._places[flow.id] = client, port
        return port

    def _forget(self, flow: http.HTTPFlow) -> None:
        place = self._places.pop(flow.id, None)
        if place is not None:
            self._busy[place] -= 1
            if not self._busy[place]:
                del self._busy[place]


def _log(line: str) -> None:
    logger.info(f"ssetape: {line}")


if __name__.startswith("__mitmproxy_script__"):
    addons = [SsetapeReplay()]
