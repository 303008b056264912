"""Lets mitmproxy's `modify_body` change bodies that pass through as streams.

mitmproxy changes a body once it is whole, in its `response` hook. Of a streamed one it has nothing
there, and raises. Here the same rules change each event or line as it passes, after it has been
recorded; captures have what the server sent. Where that cannot be, it is said once per rule.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from mitmproxy import ctx, http

from ssetape.format.codings import codings
from ssetape.recording import reasons
from ssetape.recording.log import logger

from . import flow_recording, flows, units
from .changed_stream import CODED, ChangedStream
from .peek import Peek
from .substitution import Substitution

_NO_UNITS = "streams, and is not made of events or lines"


class ModifyStreamedBodies:
    """The addon. Load it after the recorder."""

    def __init__(self) -> None:
        self._told: set[tuple[int, str]] = set()
        self._undo: Callable[[], None] = lambda: None

    def load(self, loader: Any) -> None:
        self._undo = _spare_streams(ctx.master.addons.get("modifybody"))

    def configure(self, updated: set[str]) -> None:
        if "modify_body" in updated:
            self._told.clear()

    def done(self) -> None:
        if not ctx.master.should_exit.is_set():  # mitmproxy reloads the script
            self._undo()

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        response = flow.response
        if response is None or not response.stream or not flows.may_have_body(flow):
            return
        try:
            rules = _rules(flow)
            if rules:
                self._change(flow, response, rules)
        except Exception as error:
            logger.error(
                f"ssetape: cannot apply modify_body to {flows.title(flow)}: "
                f"{reasons.said(error)}; the response goes on unchanged"
            )

    def _change(
        self, flow: http.HTTPFlow, response: http.Response, rules: dict[int, Substitution]
    ) -> None:
        title = flows.title(flow)

        def tell(number: int, why: str) -> None:
            if (number, why) not in self._told:
                self._told.add((number, why))
                logger.warning(
                    f"ssetape: rule {number} of modify_body leaves {title} as it is, where its "
                    f"body {why}"
                )

        headers = flows.pairs(response.headers)
        is_peeked = isinstance(response.stream, Peek)
        cut = units.Units() if is_peeked else units.of(headers)
        if cut is None or (codings(headers) and not is_peeked):
            for number in rules:
                tell(number, _NO_UNITS if cut is None else CODED)
            return
        inner = response.stream
        response.stream = ChangedStream(flow, inner, cut, rules, tell)
        recording = flow_recording.of(flow.id)
        if recording is not None and recording.stream is inner:
            recording.stream = response.stream
        if response.headers.pop("content-length", None) and response.http_version == "HTTP/1.1":
            response.headers["transfer-encoding"] = "chunked"


def _rules(flow: http.HTTPFlow) -> dict[int, Substitution]:
    """The rules that match a flow, by their number."""
    specs = getattr(ctx.master.addons.get("modifybody"), "replacements", ())
    found = {}
    for number, spec in enumerate(specs, 1):
        if spec.matches(flow):
            try:
                found[number] = Substitution(spec.subject, spec.read_replacement())
            except OSError as error:
                why = reasons.said(error)
                logger.warning(f"ssetape: rule {number} of modify_body: its replacement: {why}")
    return found


def _spare_streams(addon: Any) -> Callable[[], None]:
    """Have mitmproxy's own addon leave streamed bodies alone; return what undoes that."""
    run = getattr(addon, "run", None)
    if run is None:
        if addon is not None:
            logger.warning("ssetape: unknown kind of modify_body: it may fail at streams")
        return lambda: None

    @wraps(run)
    def run_unless_streamed(flow: http.HTTPFlow) -> None:
        if not (flow.response or flow.request).stream:
            run(flow)

    addon.run = run_unless_streamed

    def undo() -> None:
        addon.run = run

    return undo
