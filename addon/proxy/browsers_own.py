"""Answers what a browser asks of its own accord: updates, accounts, spelling, hints for pages.

No page has asked for it, so it is neither recorded nor replayed, and goes nowhere: it would fill a
recording with what nobody looks for, and a log with misses. Flags switch off most of it
(`ssetape/tap/chromium.py`). What is left shows in what browsers say of a request's origin: only a
page's navigation comes from nowhere too, and says that it is one.
"""

from mitmproxy import http, tls

from ssetape.recording.unrecorded import unrecorded

from ..recorder.flows import BROWSERS_OWN

# https://www.w3.org/TR/fetch-metadata/: sent by browsers alone, and to https alone.
_FROM_NO_PAGE = {"sec-fetch-site": "none", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty"}
# What browsers ask of their own accord, over http too; seen with Chromium 156.
_SERVICES = frozenset(
    {
        "accounts.google.com",
        "android.clients.google.com",
        "clients2.google.com",
        "content-autofill.googleapis.com",
        "edge.microsoft.com",
        "optimizationguide-pa.googleapis.com",
        "safebrowsing.googleapis.com",
        "update.googleapis.com",
    }
)
_BROWSER = "Mozilla/"


class BrowsersOwn:
    """The addon. Load it before those that record and replay."""

    def http_connect(self, flow: http.HTTPFlow) -> None:
        if flow.request.host in _SERVICES and flow.response is None:
            # mitmproxy then connects to the server only for a request that goes there: for a page.
            flow.response = http.Response.make(200)
            flow.response.headers.clear()

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        address = data.context.server.address
        if address is not None and address[0] in _SERVICES:
            data.establish_server_tls_first = False  # for the same reason

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if flow.response is None and is_browsers_own(flow.request):
            flow.metadata[BROWSERS_OWN] = True
            flow.response = http.Response.make(204)
            unrecorded.add_background(flow.request.pretty_host)


def is_browsers_own(request: http.Request) -> bool:
    """Whether a browser, and no page in it, makes a request."""
    fields = request.headers
    if request.scheme == "http":
        is_browser = fields.get("user-agent", "").startswith(_BROWSER)
        is_of_page = "referer" in fields or "upgrade-insecure-requests" in fields
        return request.pretty_host in _SERVICES and is_browser and not is_of_page
    return all(fields.get(name) == value for name, value in _FROM_NO_PAGE.items())
