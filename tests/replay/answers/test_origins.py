from collections.abc import Callable
from typing import Any

import pytest

from ssetape.replay.answers.origins import Origins
from ssetape.replay.exchange import ClientRequest

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("url", "scheme", "host", "is_asked"),
    [
        ("https://a.test/", "https", "a.test", True),
        ("https://a.test/", "https", "A.test.:443", True),
        ("https://a.test/", "https", "a.test:8443", False),
        ("https://a.test:8443/", "https", "a.test:8443", True),
        ("https://a.test/", "http", "a.test:443", False),
        ("http://a.test/", "https", "a.test", True),
        ("https://a.test/", "https", "b.test", False),
        ("https://a.test/", "http", "127.0.0.1:8900", True),
        ("http://localhost:8765/", "https", "b.test", True),
        ("https://a.test/", "http", "", True),
    ],
)
def test_whether_a_capture_is_of_the_host_that_is_asked(
    url: str, scheme: str, host: str, is_asked: bool, capture: Make
) -> None:
    origins = Origins([capture([], url=url)])
    asked = ClientRequest("GET", "/", [("host", host)], scheme=scheme)
    assert origins.is_asked(0, asked) == is_asked
    assert (origins.difference(0, asked) == "") == is_asked


def test_a_difference_names_both(capture: Make) -> None:
    origins = Origins([capture([], url="https://a.test/"), capture([], url="https://b.test/")])
    asked = ClientRequest("GET", "/", [("host", "a.test")])
    assert origins.difference(1, asked) == "host: asked a.test, captured b.test"
