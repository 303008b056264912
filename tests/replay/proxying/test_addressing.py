import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.exchange import ClientRequest
from ssetape.replay.proxying.addressing import TunnelError, addressed, is_host, tunnel_host


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("api.example.com:443", "api.example.com"),
        ("API.Example.com:8443", "api.example.com"),
        ("localhost:1", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:443", "::1"),
        ("::1:443", "::1"),
        ("my_host.internal.:443", "my_host.internal."),
    ],
)
def test_a_tunnel_s_host_is_that_of_its_target(target: str, host: str) -> None:
    assert tunnel_host(target) == host


@pytest.mark.parametrize(
    "target",
    [
        *("", "a.test", "a.test:", ":443", "a.test:0", "a.test:65536", "a.test:443:1"),
        *("http://a.test:443", "/etc/passwd:443", "a b:443", "a\r\nb:443", "[a.test:443", "[]:443"),
        *("a..b:443", f"{'a' * 64}.test:443", f"{'a.' * 200}test:443", "a.test:-1", "caf\xe9:443"),
    ],
)
def test_rubbish_is_refused_in_words(target: str) -> None:
    with pytest.raises(TunnelError, match="expected a host and a port"):
        tunnel_host(target)


@given(st.text())
def test_any_target_is_a_host_or_refused(target: str) -> None:
    try:
        assert is_host(tunnel_host(target))
    except TunnelError:
        pass


@pytest.mark.parametrize(
    ("target", "expected", "host"),
    [
        ("http://api.test/v1?a=b", "/v1?a=b", "api.test"),
        ("HTTP://user:word@api.test:81/", "/", "api.test:81"),
        ("http://api.test", "/", "api.test"),
        ("http://api.test?a=b", "/?a=b", "api.test"),
        ("http://[::1]:80/x", "/x", "[::1]:80"),
        ("https://api.test:443/x", "/x", "api.test:443"),
        ("/v1?next=http://b.test/", "/v1?next=http://b.test/", "old.test"),
        ("*", "*", "old.test"),
    ],
)
def test_an_absolute_url_names_its_host(target: str, expected: str, host: str) -> None:
    headers = [("hOst", "old.test"), ("X-A", "1")]
    request = addressed(ClientRequest("GET", target, headers, b"body"), "tunnel.test:80")
    assert (request.target, request.host, request.body) == (expected, host, b"body")
    assert ("X-A", "1") in request.headers


def test_an_absolute_url_names_its_scheme() -> None:
    request = addressed(ClientRequest("GET", "HTTPS://api.test/x"))
    assert request.url == "https://api.test/x"


@pytest.mark.parametrize("headers", [[], [("host", "")]])
def test_a_request_without_a_host_is_for_its_tunnel_s(headers: list[tuple[str, str]]) -> None:
    asked = ClientRequest("GET", "/x", headers)
    assert addressed(asked, "a.test:81").headers == [("Host", "a.test:81")]
    assert addressed(asked) is asked
