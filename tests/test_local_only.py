import pytest

from ssetape.format.values import Headers
from ssetape.local_only import Hosts, why_foreign, why_not_own_page, why_not_this_machine

HOST = "127.0.0.1:8901"


def own_page(method: str, **fields: str) -> str | None:
    headers = [(name.replace("_", "-").title(), value) for name, value in fields.items()]
    return why_not_own_page(method, headers)


# --- captures --------------------------------------------------------------------------------


def foreign(**fields: str) -> str | None:
    headers = [(name.replace("_", "-").title(), value) for name, value in fields.items()]
    names = {"api.example.com", ".lab.example", "127.0.0.1"}  # and where it listens
    return why_foreign(headers, Hosts(frozenset(names)))


@pytest.mark.parametrize(
    "host",
    [
        *("", "127.0.0.1:8900", "[::1]:8900", "[fe80::1%25eth0]:80", "10.1.2.3", "LOCALHOST"),
        *("localhost.:8900", "app.localhost", "replay", "host.docker.internal", "mac.local"),
        *("api.example.com", "API.example.com.:443", "a.lab.example", "a.b.lab.example"),
    ],
)
def test_a_host_that_no_foreign_page_has(host: str) -> None:
    assert foreign(host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8900", "xlab.example"),
        *("lab.example", "api.example.com.evil.example", "127.0.0.1:80@evil.example", "[", "."),
        *("evil.example.", "a b.example", "internal.evil.example", "\u0661.example"),
    ],
)
def test_a_host_that_a_foreign_page_may_have(host: str) -> None:
    assert "the host" in (foreign(host=host) or "")


def test_a_page_is_known_by_its_origin() -> None:
    for origin in ("http://localhost:3000", "https://api.example.com", "http://127.0.0.1"):
        assert foreign(host="127.0.0.1:8900", origin=origin) is None
    for origin in ("https://evil.example", "null", "", "file://", "http://["):
        assert "origin" in (foreign(host="127.0.0.1:8900", origin=origin) or "")
    assert foreign(host="192.168.1.5:8900", origin="http://192.168.1.5:3000") is None
    assert foreign(host="192.168.1.5:8900", origin="http://192.168.1.6") is not None


def test_what_a_page_loads_without_an_origin_is_known_by_its_referer() -> None:
    load = {"host": "127.0.0.1:8900", "sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}
    assert foreign(**load) is not None
    assert foreign(**load, referer="https://evil.example/") is not None
    assert foreign(**load, referer="http://localhost:3000/") is None
    assert foreign(**{**load, "host": "api.example.com"}) is None  # a recorded page's own load
    assert foreign(**{**load, "sec_fetch_mode": "navigate"}) is None
    assert foreign(**{**load, "sec_fetch_site": "same-origin"}) is None
    assert foreign(**{**load, "sec_fetch_site": "none"}) is None


# --- this machine ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "origin", "is_foreign"),
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
def test_a_foreign_page_is_not_of_this_machine(
    host: str, origin: str | None, is_foreign: bool
) -> None:
    headers: Headers = [("Host", host), *([("Origin", origin)] if origin is not None else [])]
    assert (why_not_this_machine(headers, Hosts()) is not None) is is_foreign


# --- the server's own page -------------------------------------------------------------------


@pytest.mark.parametrize("host", [HOST, "localhost:8901", "[::1]:8901", "LOCALHOST"])
def test_a_page_under_a_name_of_this_machine_may_ask(host: str) -> None:
    assert own_page("GET", host=host) is None


@pytest.mark.parametrize(
    "host", ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test:8901", "", "[", "10.0.0.1"]
)
def test_a_page_under_another_name_may_not(host: str) -> None:
    assert "expected 127.0.0.1 or localhost" in (own_page("GET", host=host) or "")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://localhost:9999", "https://127.0.0.1:8901"]
)
def test_pages_of_other_origins_may_not_ask(method: str, origin: str) -> None:
    assert origin in (own_page(method, host=HOST, origin=origin) or "")


def test_its_own_page_may_ask() -> None:
    assert (
        own_page("POST", host=HOST, origin=f"http://{HOST}", sec_fetch_site="same-origin") is None
    )


def test_a_link_may_lead_here_but_nothing_may_be_loaded_from_here() -> None:
    foreign = {"host": HOST, "sec_fetch_site": "cross-site"}
    assert own_page("GET", **foreign, sec_fetch_mode="navigate") is None
    assert own_page("GET", **foreign, sec_fetch_mode="no-cors") is not None
    assert own_page("POST", **foreign, sec_fetch_mode="navigate") is not None
