"""Injects faults into streams that pass: options `tape_fault` and those of the same beginning.

Only what is being recorded gets faults, so that the file has what the server really sent.
"""

from importlib import import_module
from typing import Any

from mitmproxy import addonmanager, ctx, exceptions, flowfilter, http
from mitmproxy.hooks import UpdateHook

from ssetape.errors import SsetapeError
from ssetape.recording import reasons
from ssetape.recording.log import logger
from ssetape.recording.unrecorded import unrecorded

from ..recorder import changed_stream, flow_recording, flows
from ..recorder.settings import parse_filter
from . import layer_change, settings
from .gate import Gate

# What a bare clone does not bring, and mitmproxy's standalone binary does not have.
_RULES = "ssetape.addon.faults.rules"


class SsetapeFaults:
    """The addon; it follows the recorder."""

    def __init__(self) -> None:
        self._rules: Any = None  # `rules.Rules`, which is loaded only for a fault
        self._filter: flowfilter.TFilter | None = None

    def load(self, loader: addonmanager.Loader) -> None:
        settings.define(loader)

    def configure(self, updated: set[str]) -> None:
        if not updated & settings.NAMES:
            return
        self._filter = parse_filter("tape_fault_filter")
        specs = list(ctx.options.tape_fault)
        self._rules = _rules(specs, ctx.options.tape_fault_seed) if specs else None
        if self._rules is not None and not layer_change.install():
            logger.warning(
                "ssetape: tape_fault: this version of mitmproxy is not known here, so streams get "
                "no faults; they are recorded"
            )
            self._rules = None

    def request(self, flow: http.HTTPFlow) -> None:
        if not self._is_wanted(flow) or flow.response is not None or _is_preflight(flow.request):
            return
        said = self._rules.refusal(flow)
        if said is None:
            return
        if flow.request.stream:
            logger.warning(
                f"ssetape: {flows.title(flow)}: cannot be refused, because its body has been "
                f"streamed to the server"
            )
            return
        flow.metadata[flows.REFUSED] = True
        unrecorded.refused += 1
        flow.response = http.Response.make(said.status, said.body, dict(said.headers))
        logger.info(f"ssetape: {flows.title(flow)}: {said.log}, by tape_fault; not recorded")

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if not self._is_wanted(flow) or flow.response is None or not self._rules.change_streams:
            return
        recording = flow_recording.of(flow.id)
        if recording is None:
            if changed_stream.is_peeked(flow.response.stream):
                logger.info(
                    f"ssetape: {flows.title(flow)}: gets no faults: its head does not say that it "
                    f"is a stream; tape_types can name its type"
                )
            return
        try:
            head = flows.response(flow.response, recording.head_s)
            found = self._rules.passing(flow, head)
        except Exception as error:  # any failure: the stream goes on without faults
            logger.error(f"ssetape: {flows.title(flow)}: gets no faults: {reasons.said(error)}")
            return
        if found is not None:
            passing, share = found
            recording.outlive(share, lambda: ctx.master.addons.trigger(UpdateHook([flow])))
            layer_change.gates[flow.id] = Gate(
                flow, head, passing, share, recording.sent_s, recording.has_server_ended
            )

    def websocket_start(self, flow: http.HTTPFlow) -> None:
        if self._is_wanted(flow) and self._rules.change_streams:
            logger.info(f"ssetape: {flows.title(flow)}: gets no faults: it is a WebSocket")

    def _is_wanted(self, flow: http.HTTPFlow) -> bool:
        if self._rules is None or flows.is_made_here(flow) or flows.is_loaded(flow):
            return False
        return self._filter is None or bool(flowfilter.match(self._filter, flow))


def _rules(specs: list[str], seed: int) -> Any:
    try:
        return import_module(_RULES).Rules(specs, seed)
    except ImportError as error:
        raise exceptions.OptionsError(
            f"tape_fault needs ssetape and what it depends on in mitmproxy's Python, and found no "
            f"module {error.name!r}: pip install 'ssetape[record]', then mitmdump -s "
            f'"$(ssetape addon)"'
        ) from error
    except SsetapeError as error:
        raise exceptions.OptionsError(f"tape_fault: {error}") from error


def _is_preflight(request: http.Request) -> bool:
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers
