import logging

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from ssetape.addon.proxy.own_addresses import OwnAddresses
from ssetape.addon.recorder import flows

TARGET = "https://api.test"


def answered(**headers: str) -> http.HTTPFlow:
    flow = tflow.tflow(resp=tutils.tresp(headers=http.Headers(**headers), content=b""))
    OwnAddresses(TARGET).responseheaders(flow)
    return flow


def test_the_client_gets_relative_addresses_and_the_recorder_those_of_the_server() -> None:
    flow = answered(location=f"{TARGET}/a", set_cookie="a=1; Domain=api.test")
    assert flow.response is not None
    assert dict(flow.response.headers) == {"location": "/a", "set-cookie": "a=1"}
    received = flows.response(flow.response, 0.0, flow.metadata[flows.RECEIVED])
    assert dict(received.headers)["location"] == f"{TARGET}/a"


def test_what_needs_no_change_is_left_alone() -> None:
    flow = answered(location="https://other.test/a")
    assert flows.RECEIVED not in flow.metadata
    assert flow.response is not None
    assert not flow.response.stream


def test_the_endpoint_of_mcp_stays_at_the_recorder() -> None:
    flow = answered(content_type="text/event-stream")
    assert flow.response is not None
    assert callable(flow.response.stream)
    event = b"event: endpoint\ndata: https://api.test/messages\n\n"
    assert flow.response.stream(event) == b"event: endpoint\ndata: /messages\n\n"


def test_what_it_cannot_rewrite_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    addon = OwnAddresses(TARGET)
    flow = tflow.tflow(resp=tutils.tresp(content=b'{"next": "https://api.test/2"}'))
    with caplog.at_level(logging.WARNING):
        addon.response(flow)
        addon.response(flow)
    assert len(caplog.records) == 1
    assert "without --reverse" in caplog.text


@pytest.mark.parametrize(
    ("status", "location", "is_told"),
    [
        (302, "https://other.test/a", True),
        (308, "http://api.test/a", True),
        (302, f"{TARGET}/a", False),
        (302, "/a", False),
        (201, "https://other.test/a", False),
    ],
)
def test_a_redirect_elsewhere_is_told_once(
    status: int, location: str, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    addon = OwnAddresses(TARGET)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            headers = http.Headers(location=location)
            response = tutils.tresp(headers=headers, content=b"", status_code=status)
            addon.responseheaders(tflow.tflow(resp=response))
    assert len(caplog.records) == is_told
    assert ("leaves the recorder" in caplog.text) is is_told
