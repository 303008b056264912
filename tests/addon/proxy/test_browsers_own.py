from unittest.mock import Mock

import pytest
from mitmproxy import options, tls
from mitmproxy.proxy import context
from mitmproxy.test import tflow, tutils

from ssetape.addon import browsers_own
from ssetape.addon.recorder import flows
from ssetape.recording.unrecorded import unrecorded

BROWSER = (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)")


def fields(site: str, mode: str, dest: str) -> tuple[tuple[bytes, bytes], ...]:
    names = (b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest")
    return (BROWSER, *zip(names, (site.encode(), mode.encode(), dest.encode()), strict=True))


@pytest.mark.parametrize(
    ("scheme", "host", "headers", "is_own"),
    [
        ("https", "anything.test", fields("none", "no-cors", "empty"), True),
        ("https", "accounts.google.com", fields("same-origin", "cors", "empty"), False),
        ("http", "clients2.google.com", (BROWSER,), True),
        ("http", "a.test", (BROWSER,), False),
    ],
)
def test_what_no_page_asked_for_is_answered_with_nothing_and_counted(
    scheme: str, host: str, headers: tuple[tuple[bytes, bytes], ...], is_own: bool
) -> None:
    unrecorded.clear()
    request = tutils.treq(scheme=scheme.encode(), host=host, headers=headers)
    flow = tflow.tflow(req=request)
    browsers_own.BrowsersOwn().requestheaders(flow)
    assert (flow.response is not None) is is_own
    assert flows.is_made_here(flow) is is_own
    assert dict(unrecorded.background) == ({host: 1} if is_own else {})
    if flow.response is not None:
        assert flow.response.status_code == 204
    unrecorded.clear()


def test_a_service_is_connected_to_only_for_a_page() -> None:
    for host, is_answered in (("update.googleapis.com", True), ("a.test", False)):
        flow = tflow.tflow(req=tutils.treq(method=b"CONNECT", host=host))
        browsers_own.BrowsersOwn().http_connect(flow)
        assert (flow.response is not None) is is_answered
        if flow.response is not None:
            assert (flow.response.status_code, len(flow.response.headers)) == (200, 0)


def test_nor_is_it_for_a_certificate() -> None:
    for host, is_first in (("update.googleapis.com", False), ("a.test", True)):
        client = context.Context(tflow.tclient_conn(), options.Options())
        client.server.address = (host, 443)
        data = tls.ClientHelloData(client, Mock(), establish_server_tls_first=True)
        browsers_own.BrowsersOwn().tls_clienthello(data)
        assert data.establish_server_tls_first is is_first
