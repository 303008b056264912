from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from ssetape.web.guard import Guard

HOST = "127.0.0.1:8901"


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
