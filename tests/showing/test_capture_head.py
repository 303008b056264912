from collections.abc import Callable
from typing import Any

from ssetape.showing.capture_head import head_of


def test_the_head_of_a_capture(capture: Callable[..., Any]) -> None:
    asked, came = head_of(capture(head_s=0.25))
    assert asked == "GET http://origin.test/stream HTTP/1.1"
    assert came.endswith("HTTP/1.1 200 OK  text/event-stream")
    assert head_of(capture(status=None))[-1] == "no response head"
