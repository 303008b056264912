import pytest

from ssetape.imports._address import absolute, with_ascii_host


@pytest.mark.parametrize(
    ("found", "url"),
    [
        ("<API_BASE>/v1/chat", "http://api-base.invalid/v1/chat"),
        ("<API_BASE>", "http://api-base.invalid"),
        ("<API_BASE>v1", "http://api-base.invalid/v1"),
        ("https://<HOST>/v1", "https://host.invalid/v1"),
        ("https://<TENANT>.example.com/v1", "https://tenant.example.com/v1"),
        ("https://<HOST>:8443/v1", "https://host:8443.invalid/v1"),
        ("{{ _.base_url }}/v1", "http://base-url.invalid/v1"),
        ("${HOST}/v1?a=b", "http://host.invalid/v1?a=b"),
        ("$HOST/v1", "http://host.invalid/v1"),
        ("%{host}/v1", "http://host.invalid/v1"),
        ("<%= host %>/v1", "http://host.invalid/v1"),
        ("/v1/chat", "http://imported.invalid/v1/chat"),
        ("//a.test/v1", "http://a.test/v1"),
        ("http:///v1", "http://imported.invalid/v1"),
    ],
)
def test_what_stands_for_a_server_becomes_a_host_and_is_told(found: str, url: str) -> None:
    made, notes = absolute(found, [])
    assert made == url
    assert bool(notes) == (found != "//a.test/v1")


def test_an_address_stays_as_it_is() -> None:
    for url in ("https://a.test/v1?key=<KEY>", "wss://a.test:8443", "http://[::1]:80/x"):
        assert absolute(url, []) == (url, [])


def test_a_path_belongs_to_the_host_that_was_asked() -> None:
    assert absolute("/v1", [("Host", "a.test")])[0] == "http://a.test/v1"


def test_what_is_no_address_is_none() -> None:
    for found in ("", "  ", "words", "v1/chat"):
        assert absolute(found, []) == ("", [])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://bücher.example/é?q=ü", "https://xn--bcher-kva.example/é?q=ü"),
        ("http://me:pw@BÜCHER.example:8080", "http://me:pw@xn--bcher-kva.example:8080"),
        ("https://plain.example/é", "https://plain.example/é"),
        ("https://[::1]:80/é", "https://[::1]:80/é"),
        ("https://" + "ü" * 80 + ".example/", "https://" + "ü" * 80 + ".example/"),
        ("/é", "/é"),
    ],
)
def test_a_host_is_as_browsers_send_it(url: str, expected: str) -> None:
    assert with_ascii_host(url) == expected
