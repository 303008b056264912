import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from ssetape.web.entry import Entry

TOKEN = "c2VjcmV0"
BROWSER = {"accept": "text/html,*/*;q=0.8"}
FOLLOWED = {"sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site"}


@pytest.fixture
def client() -> TestClient:
    app = Entry(PlainTextResponse("the captures"), TOKEN)
    return TestClient(app, base_url="http://127.0.0.1:8901", follow_redirects=False)


@pytest.mark.parametrize("path", ["/", "/rows", "/static/list.js", "/captures/1/file", "/nothing"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
def test_without_the_token_nothing_is_answered(method: str, path: str, client: TestClient) -> None:
    for query in ("", "?token=", "?token=c2VjcmV", "?token=caf%C3%A9", "?tokens=c2VjcmV0"):
        answer = client.request(method, f"{path}{query}")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    for field in ("ssetape-8901=no", "ssetape-8902=c2VjcmV0", "=c2VjcmV0", "ssetape-8901"):
        assert client.request(method, path, headers={"cookie": field}).status_code == 403
    assert "`ssetape view` printed" in client.get(path).text


def test_the_token_goes_from_the_url_into_a_cookie(client: TestClient) -> None:
    answer = client.get(f"/captures/1?a=%26&token={TOKEN}&after=2", headers=BROWSER)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/captures/1?a=%26&after=2"
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"ssetape-8901={TOKEN};")
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.lower().split("; "))
    assert client.get("/captures/1").text == "the captures"
    assert client.get(f"/?token={TOKEN}", headers=BROWSER).headers["location"] == "/"


def test_a_program_sends_it_in_its_url_or_a_header(client: TestClient) -> None:
    assert client.get(f"/?token={TOKEN}").text == "the captures"
    assert client.get("/").status_code == 403
    ask = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/", headers=ask).text == "the captures"
    for wrong in ("Bearer x", TOKEN, f"Basic {TOKEN}", ""):
        assert client.get("/", headers={"authorization": wrong}).status_code == 403


def test_it_leads_to_no_other_server(client: TestClient) -> None:
    answer = client.get(f"http://127.0.0.1:8901//evil.example/a?token={TOKEN}", headers=BROWSER)
    assert answer.headers["location"] == "/evil.example/a"


def test_a_followed_link_is_opened_again_from_here_once(client: TestClient) -> None:
    answer = client.get('/captures/1?a="<b>', headers=FOLLOWED)
    assert answer.status_code == 200
    assert "the captures" not in answer.text
    assert 'content="0;url=/captures/1?a=' in answer.text
    assert "<b>" not in answer.text
    again = {**FOLLOWED, "sec-fetch-site": "same-origin"}
    assert client.get("/captures/1", headers=again).status_code == 403
    assert client.post("/captures/1/replay", headers=FOLLOWED).status_code == 403
