"""What the tests of the windows share: flows as they are while they are recorded."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from ssetape.addon import flows
from ssetape.addon.windows import kept
from ssetape.addon.windows.kept import Kept
from ssetape.addon.windows.shelf import Shelf


@pytest.fixture
def stream() -> Callable[..., http.HTTPFlow]:
    """Makes a flow whose head has come, and whose body streams."""

    def make(url: str = "http://a.test/events", **headers: str) -> http.HTTPFlow:
        flow = tflow.tflow(resp=True)
        flow.request.url = url
        flow.request.headers.clear()
        assert flow.response is not None
        names = {"content-type": "text/event-stream", **headers}
        flow.response.headers = http.Headers(
            [(name.replace("_", "-").encode(), value.encode()) for name, value in names.items()]
        )
        flow.response.data.content = None
        flow.metadata[flows.RECORDED] = {"capture": "/nowhere/x.ssetape"}
        return flow

    return make


@pytest.fixture
def keep() -> Iterator[Callable[..., Kept]]:
    """Keeps what comes of a flow, with room for much unless told otherwise."""
    begun: list[Kept] = []

    def begin(flow: http.HTTPFlow, shelf: Shelf | None = None, on_change: Any = None) -> Kept:
        found = Kept(shelf or Shelf(1 << 20), flow, 0.25, on_change or (lambda _: None))
        begun.append(found)
        return found

    yield begin
    for each in begun:
        kept.live.pop(each.flow.id, None)
