from collections.abc import Iterator

import pytest
from mitmproxy import ctx, http
from mitmproxy.test import tflow, tutils
from proxies import Exchange, Mitmdump, Origin, fetch, in_context

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder.redirects import Redirects


@pytest.fixture(autouse=True)
def _in_context() -> Iterator[None]:
    with in_context(SsetapeRecord()):
        yield


def redirect(url: str, location: str, status: int = 307) -> http.HTTPFlow:
    response = tutils.tresp(status_code=status, headers=http.Headers(location=location))
    flow = tflow.tflow(resp=response)
    flow.request.url = url
    return flow


def to(redirects: Redirects, url: str) -> list[http.HTTPFlow]:
    flow = tflow.tflow(resp=True)
    flow.request.url = url
    return [found for found, _ in redirects.to(flow)]


def test_redirects_lead_to_a_stream_one_after_another() -> None:
    redirects = Redirects(lambda flow: None)
    first, second = (
        redirect("http://a.test/1", "/2"),
        redirect("http://a.test/2", "http://b.test/3#x"),
    )
    assert redirects.keep(first, 1.0)
    assert redirects.keep(second, 2.0)
    assert to(redirects, "http://b.test/4") == []
    assert to(redirects, "http://b.test/3") == [second, first]
    assert to(redirects, "http://b.test/3") == []


def test_other_responses_are_not_kept() -> None:
    redirects = Redirects(lambda flow: None)
    assert not redirects.keep(redirect("http://a.test/", "/2", status=200), 1.0)
    assert not redirects.keep(redirect("http://a.test/", "/2", status=304), 1.0)
    ctx.options.tape_all = True
    assert not redirects.keep(redirect("http://a.test/", "/2"), 1.0)


def test_the_oldest_goes_first() -> None:
    forgotten: list[http.HTTPFlow] = []
    redirects = Redirects(forgotten.append)
    flows = [redirect(f"http://a.test/{n}", f"/to/{n}") for n in range(101)]
    for flow in flows:
        redirects.keep(flow, 1.0)
    assert forgotten == flows[:1]


def test_a_redirect_is_recorded_when_its_stream_comes(mitmdump: Mitmdump, origin: Origin) -> None:
    def stream(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(b"data: 1\n\n")
        exchange.end()

    target = origin.serve(stream, "target")

    def moved(exchange: Exchange) -> None:
        exchange.head(f"Location: {target}", status="307 Temporary Redirect")
        exchange.end()

    start = origin.serve(moved, "start")
    assert fetch(mitmdump.port, start) == []
    assert fetch(mitmdump.port, target) == [b"data: 1\n\n"]
    led = mitmdump.capture(start)
    assert led.response is not None
    assert led.response.status == 307
