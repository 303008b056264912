import pytest

from ssetape.replay.asked import Asked
from ssetape.replay.strangers import found_in


@pytest.mark.parametrize(
    ("host", "origin", "is_stranger"),
    [
        ("127.0.0.1:8900", None, False),
        ("localhost:8900", "http://localhost:3000", False),
        ("192.168.1.5:8900", None, False),
        ("[::1]:8900", "http://[::1]", False),
        ("", None, False),
        ("rebound.example.com", None, True),
        ("localhost.example.com", None, True),
        ("[::1", None, True),
        ("127.0.0.1", "https://page.example.com", True),
        ("127.0.0.1", "null", True),
        ("127.0.0.1", "http://192.168.1.5", True),
    ],
)
def test_a_foreign_page_is_a_stranger(host: str, origin: str | None, is_stranger: bool) -> None:
    headers = [("Host", host), *([("Origin", origin)] if origin is not None else [])]
    assert (found_in(Asked("GET", "/_ssetape/", headers)) is not None) is is_stranger
