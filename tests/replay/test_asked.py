import pytest

from ssetape.replay.asked import Asked, Location, located


def test_what_a_request_says_of_itself() -> None:
    headers = [("Host", "a.test:80"), ("X-Ssetape-Session", "one"), ("Upgrade", "h2c, WebSocket")]
    asked = Asked("GET", "/a?b=c", headers)
    assert (asked.host, asked.session, asked.is_for_a_websocket) == ("a.test:80", "one", True)
    assert asked.url == "http://a.test:80/a?b=c"
    assert Asked("GET", "https://b.test/x").url == "https://b.test/x"
    bare = Asked("GET", "/")
    assert (bare.host, bare.session, bare.is_for_a_websocket) == ("", "", False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://A.test/b/c?d=e&d=%66#g", Location("a.test", "/b/c", (("d", "e"), ("d", "f")))),
        ("http://a.test", Location("a.test", "/", ())),
        ("http://a.test?d", Location("a.test", "/", (("d", ""),))),
        ("nonsense", Location("", "/", ())),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: Location) -> None:
    assert located(url) == expected
