import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from ssetape.web.guard import Guard, why_refused

HOST = "127.0.0.1:8901"


@pytest.mark.parametrize("host", [HOST, "localhost:8901", "[::1]:8901", "LOCALHOST"])
def test_names_of_this_machine_may_ask(host: str) -> None:
    assert why_refused("GET", Headers({"host": host})) is None


@pytest.mark.parametrize(
    "host", ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test:8901", "", "[", "10.0.0.1"]
)
def test_other_names_may_not(host: str) -> None:
    assert "expected 127.0.0.1 or localhost" in (why_refused("GET", Headers({"host": host})) or "")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://localhost:9999", "https://127.0.0.1:8901"]
)
def test_pages_of_other_origins_may_not(method: str, origin: str) -> None:
    refusal = why_refused(method, Headers({"host": HOST, "origin": origin}))
    assert origin in (refusal or "")


def test_its_own_page_may() -> None:
    headers = {"host": HOST, "origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
    assert why_refused("POST", Headers(headers)) is None


def test_a_link_may_lead_here_but_nothing_may_be_loaded_from_here() -> None:
    foreign = {"host": HOST, "sec-fetch-site": "cross-site"}
    assert why_refused("GET", Headers({**foreign, "sec-fetch-mode": "navigate"})) is None
    assert why_refused("GET", Headers({**foreign, "sec-fetch-mode": "no-cors"})) is not None
    assert why_refused("POST", Headers({**foreign, "sec-fetch-mode": "navigate"})) is not None


def test_every_answer_says_what_the_page_may_do() -> None:
    client = TestClient(Guard(PlainTextResponse("hi")), base_url=f"http://{HOST}")
    for headers, status in (({}, 200), ({"host": "evil.test"}, 403)):
        answer = client.get("/", headers=headers)
        assert answer.status_code == status
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-cache"
