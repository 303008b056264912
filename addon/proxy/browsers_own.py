"""Answers what a browser asks of its own accord with nothing, and counts it.

`ssetape/requests/background.py` recognises it.
"""

from mitmproxy import http, tls

from ssetape.recording.unrecorded import unrecorded
from ssetape.requests import background

from ..recorder.flows import BROWSERS_OWN


class BrowsersOwn:
    """The addon. Load it before those that record and replay."""

    def http_connect(self, flow: http.HTTPFlow) -> None:
        if flow.request.host in background.SERVICES and flow.response is None:
            # mitmproxy then connects to the server only for a request that goes there: for a page.
            flow.response = http.Response.make(200)
            flow.response.headers.clear()

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        address = data.context.server.address
        if address is not None and address[0] in background.SERVICES:
            data.establish_server_tls_first = False  # for the same reason

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if flow.response is None and _is_background(flow.request):
            flow.metadata[BROWSERS_OWN] = True
            flow.response = http.Response.make(204)
            unrecorded.add_background(flow.request.pretty_host)


def _is_background(request: http.Request) -> bool:
    return background.is_background(request.scheme, request.pretty_host, request.headers)
