import pytest

from ssetape.recording.addresses import covers, origin, relative_endpoint, rewritten


def is_own(found: str) -> bool:
    return found == "https://api.test" or (
        found.startswith("domain:") and covers(found, "api.test")
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Location", "https://api.test/a?b#c", "/a?b#c"),
        ("location", "HTTPS://API.TEST:443/a", "/a"),
        ("location", "https://api.test", "/"),
        ("location", "https://api.test?x=1", "/?x=1"),
        (
            "location",
            "https://other.test/https://api.test/",
            "https://other.test/https://api.test/",
        ),
        ("location", "http://api.test/", "http://api.test/"),
        ("location", "/a", "/a"),
        ("location", "//api.test/a", "/a"),
        ("location", "//API.test:443", "/"),
        ("location", "//other.test/a", "//other.test/a"),
        ("location", "/x//api.test/a", "/x//api.test/a"),
        ("refresh", "5;URL='//api.test/a'", "5;URL='/a'"),
        ("link", "<//api.test/2>; rel=next, <//o.test/>", "</2>; rel=next, <//o.test/>"),
        ("content-location", "https://api.test/a", "/a"),
        ("refresh", "5; url=https://api.test/a", "5; url=/a"),
        ("link", '<https://api.test/2>; rel="next", <https://o.test/>', None),
        ("set-cookie", "a=1; Domain=.test; Path=/", "a=1; Path=/"),
        ("set-cookie", "a=1; Domain=other.test", "a=1; Domain=other.test"),
        ("x-other", "https://api.test/a", "https://api.test/a"),
    ],
)
def test_own_addresses_become_relative(name: str, value: str, expected: str | None) -> None:
    expected = '</2>; rel="next", <https://o.test/>' if expected is None else expected
    assert rewritten([(name, value)], is_own) == [(name, expected)]


def test_the_endpoint_of_mcp_becomes_relative_and_no_other_event() -> None:
    event = b"event: %s\r\ndata: https://api.test/messages?id=1\r\n\r\n"
    short = event.replace(b"https://api.test", b"")
    assert relative_endpoint(event % b"endpoint", is_own) == short % b"endpoint"
    assert relative_endpoint(event % b"note", is_own) == event % b"note"


@pytest.mark.parametrize(
    "event",
    [
        b"event:endpoint\ndata:%s/messages?id=1\n\n",
        b"event: endpoint\nid: 7\ndata: %s/messages?id=1\n\n",
        b"data:%s/messages?id=1\r\nevent:endpoint\r\n\r\n",
        b"data: %s/messages\nid: 7\nevent: endpoint\n\n",
    ],
)
def test_the_fields_of_an_endpoint_may_be_spelled_and_ordered_otherwise(event: bytes) -> None:
    for own in (b"https://api.test", b"HTTPS://API.test:443", b"//api.test"):
        assert relative_endpoint(event % own, is_own) == event % b""
    assert relative_endpoint(event % b"https://o.test", is_own) == event % b"https://o.test"


def test_origins() -> None:
    assert origin("wss://me:pw@API.test:443/x") == "https://api.test"
    assert origin("http://api.test:8080") == "http://api.test:8080"
    assert origin("/x") == origin("//api.test/x") == ""
