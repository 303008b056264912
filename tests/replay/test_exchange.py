import json

from ssetape.replay.exchange import ClientRequest, refusal


def test_what_a_request_says_of_itself() -> None:
    headers = [("Host", "a.test:80"), ("X-Ssetape-Session", "one"), ("Upgrade", "h2c, WebSocket")]
    asked = ClientRequest("GET", "/a?b=c", headers)
    assert (asked.host, asked.session, asked.is_for_a_websocket) == ("a.test:80", "one", True)
    assert asked.url == "http://a.test:80/a?b=c"
    assert ClientRequest("GET", "https://b.test/x").url == "https://b.test/x"
    bare = ClientRequest("GET", "/")
    assert (bare.host, bare.session, bare.is_for_a_websocket) == ("", "", False)


def test_a_refusal_says_why() -> None:
    answer = refusal(431, "too large")
    assert answer.reason == "Request Header Fields Too Large"
    assert json.loads(answer.body)["error"] == {
        "type": "ssetape_error",
        "message": "ssetape: too large",
    }
    assert refusal(529, "x").reason == "Error"


def test_bytes_of_a_target_that_are_no_ascii_are_percent_encoded() -> None:
    for target in ("/caf\xc3\xa9?q=\xc3\xa9", "/caf%C3%A9?q=%C3%A9"):
        assert ClientRequest("GET", target).url == "http:///caf%C3%A9?q=%C3%A9"
    assert ClientRequest("GET", "/caf\xe9").url == "http:///caf%E9"
    assert ClientRequest("GET", "/東").url == "http:///%E6%9D%B1"


def test_the_scheme_is_part_of_the_url() -> None:
    assert ClientRequest("GET", "/", [("host", "a.test")], scheme="https").url == "https://a.test/"
