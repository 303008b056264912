from ssetape.replay.wire.http2_request import Http2Request

PSEUDO = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", "/é?q=%20".encode())]


def test_a_request_is_what_was_asked_for() -> None:
    fields = [*PSEUDO, (b":authority", b"a.test"), (b":protocol", b"x"), (b"x-a", b"\xe9")]
    request = Http2Request(fields)
    request.body += b"ab"
    request.body += b"c"
    asked = request.asked()
    assert (asked.method, asked.target, asked.body) == ("POST", "/%C3%A9?q=%20", b"abc")
    assert asked.headers == [("x-a", "\xe9"), ("host", "a.test")]


def test_a_host_of_its_own_stays() -> None:
    request = Http2Request([*PSEUDO, (b":authority", b"a.test"), (b"host", b"b.test")])
    assert request.asked().host == "b.test"


def test_without_a_path_it_asks_for_the_root() -> None:
    assert Http2Request([(b":method", b"CONNECT")]).asked().target == "/"
