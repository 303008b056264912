import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Chunk, End
from ssetape.replay.answers.pages import Pages
from ssetape.replay.exchange import ClientRequest, Play, Say
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving
from ssetape.replay.shelf import Shelf

Make = Callable[..., Any]

CHUNKS = [(1.0, b"data: a\n\n"), (2.0, b"data: b\n\n")]


def asked(target: str, method: str = "GET", **headers: str) -> ClientRequest:
    return ClientRequest(method, target, [("host", "127.0.0.1:8900"), *headers.items()])


@pytest.fixture
def pages(capture: Make) -> Pages:
    post = capture(CHUNKS, method="POST", head_s=0.5, end_s=2.5, url="https://a.test/v1/chat")
    other = capture(
        [(0.1, b"x")], started="2026-11-23T10:00:00.000000Z", url="https://a.test/<b>?a=1&b"
    )
    cut = capture(CHUNKS, started="2026-11-23T11:00:00.000000Z", end="upstream_cut")
    socket = capture(kind="websocket", status=101, started="2026-11-23T12:00:00.000000Z", end=None)
    return Pages(Shelf([post, other, cut, socket]), Pace())


def parts(answer: Any) -> list[Any]:
    assert isinstance(answer, Play), answer
    return list(answer.played(None, iter))


def times(answer: Any) -> list[tuple[float, bytes]]:
    return [(part.t_s, part.data) for part in parts(answer) if isinstance(part, Chunk)]


def said(answer: Any) -> Any:
    assert isinstance(answer, Say)
    return json.loads(answer.body)


def test_the_captures_are_listed_for_programs(pages: Pages) -> None:
    found = said(pages(asked("/_ssetape/")))
    assert (found["total"], found["offset"]) == (4, 0)
    first = found["captures"][0]
    assert (first["href"], first["method"]) == ("/_ssetape/captures/0", "POST")
    assert (first["url"], first["status"]) == ("https://a.test/v1/chat", 200)
    part = said(pages(asked("/_ssetape/?offset=1&limit=2")))
    assert [fields["number"] for fields in part["captures"]] == [1, 2]


def test_the_captures_are_listed_for_people_as_text(pages: Pages) -> None:
    answer = pages(asked("/_ssetape/?limit=2&offset=1", accept="text/html,*/*"))
    assert isinstance(answer, Say)
    page = answer.body.decode()
    assert "https://a.test/&lt;b&gt;?a=1&amp;b" in page
    assert "<b>" not in page
    assert "?offset=3&amp;limit=2" in page
    assert "default-src 'none'" in dict(answer.headers)["content-security-policy"]


def test_a_captured_post_is_served_as_a_get(pages: Pages) -> None:
    answer = pages(asked("/_ssetape/captures/0"))
    assert times(answer) == CHUNKS
    assert parts(answer)[-1] == End(2.5, "complete", None, 2, 18)
    assert isinstance(answer, Play)
    assert answer.response.t_s == 0.5


def test_the_pace_may_be_chosen(pages: Pages) -> None:
    answer = pages(asked("/_ssetape/captures/0?speed=4"))
    assert isinstance(answer, Play)
    assert answer.pace == Pace(speed=4.0)
    answer = pages(asked("/_ssetape/captures/0?instant=1"))
    assert isinstance(answer, Play)
    assert answer.pace.instant


def test_from_sends_what_came_before_at_once(pages: Pages) -> None:
    answer = pages(asked("/_ssetape/captures/0?from=1.75"))
    assert times(answer) == [(0.0, CHUNKS[0][1]), (0.25, CHUNKS[1][1])]
    assert isinstance(answer, Play)
    assert answer.response.t_s == 0.0


def test_loop_repeats_what_follows_the_head(pages: Pages) -> None:
    answer = pages(asked("/_ssetape/captures/0?loop=3"))
    assert [t_s for t_s, _ in times(answer)] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [type(part) for part in parts(answer)].count(End) == 1
    assert parts(answer)[-1].t_s == 6.5
    endless = pages(asked("/_ssetape/captures/0?loop=0"))
    assert isinstance(endless, Play)
    body = iter(endless.played(None, iter))
    assert [next(body).t_s for _ in range(1000)][-1] == 1000.0


def test_what_was_cut_is_not_looped(pages: Pages) -> None:
    found = parts(pages(asked("/_ssetape/captures/2?loop=0")))
    assert [type(part) for part in found] == [Chunk, Chunk, End]
    assert found[-1].reason == "upstream_cut"


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("/_ssetape/captures/9", 404, "there is no capture 9"),
        ("/_ssetape/captures/3", 426, "is a WebSocket's"),
        ("/_ssetape/captures/0?speed=nan", 400, "speed: expected a number above 0"),
        ("/_ssetape/captures/0?speed=x", 400, "speed: expected a number, found 'x'"),
        ("/_ssetape/captures/0?speed=-1", 400, "above 0"),
        ("/_ssetape/captures/0?from=-1", 400, "from: expected 0 or more"),
        ("/_ssetape/captures/0?loop=-1", 400, "loop: expected 0 to"),
        ("/_ssetape/?limit=0", 400, "limit: expected 1 to 1000"),
        ("/_ssetape/?" + "a&" * 50, 400, "fields"),
    ],
)
def test_what_means_nothing_is_said(target: str, status: int, words: str, pages: Pages) -> None:
    answer = pages(asked(target))
    assert isinstance(answer, Say)
    assert answer.status == status
    assert words in said(answer)["error"]["message"]


@pytest.mark.parametrize(
    "target",
    [
        "/_ssetape/captures/../../etc/passwd",
        "/_ssetape/captures/%2e%2e/%2e%2e/etc/passwd",
        "/_ssetape/captures//etc/passwd",
        "/_ssetape/captures/0/",
        "/_ssetape/captures/\u0663",
        "/_ssetape/x",
    ],
)
def test_no_other_path_is_one(target: str, pages: Pages) -> None:
    assert pages(asked(target)) is None


def test_pages_of_this_machine_may_read_it(pages: Pages) -> None:
    local = pages(asked("/_ssetape/captures/0", origin="http://localhost:5173"))
    assert isinstance(local, Play)
    assert dict(local.response.headers)["access-control-allow-origin"] == "http://localhost:5173"


def test_what_the_recorded_server_allowed_gives_way(capture: Make) -> None:
    recorded = capture(CHUNKS, headers=[("Access-Control-Allow-Origin", "*")])
    own = Pages(Shelf([recorded]), Pace())
    answer = own(asked("/_ssetape/captures/0", origin="http://localhost:5173"))
    assert isinstance(answer, Play)
    allowed = [v for n, v in answer.response.headers if n.lower().startswith("access-control")]
    assert allowed == ["http://localhost:5173"]


def test_it_is_read_alone(pages: Pages) -> None:
    answer = pages(asked("/_ssetape/", "DELETE"))
    assert isinstance(answer, Say)
    assert answer.status == 405


@given(target=st.text(max_size=30), host=st.text(max_size=20), origin=st.text(max_size=20))
def test_whatever_is_asked_raises_nothing(
    target: str, host: str, origin: str, capture: Make
) -> None:
    own = Pages(Shelf([capture(CHUNKS)]), Pace())
    for start in ("/_ssetape/", "/_ssetape/captures/0?", "/_ssetape/captures/0?speed="):
        own(ClientRequest("GET", start + target, [("Host", host)]))
        own(ClientRequest("GET", start + target, [("Host", "127.0.0.1"), ("Origin", origin)]))


def test_a_real_client_reads_a_post_as_a_get(capture: Make, tmp_path: Path) -> None:
    tape = capture([(0.0, b"data: a\n\n")], method="POST", headers=[("content-length", "9")])
    with serving([tape]) as url:
        listed = httpx.get(f"{url}/_ssetape/").json()
        href = listed["captures"][0]["href"]
        assert httpx.get(url + href).content == b"data: a\n\n"
        assert httpx.get(f"{url}{href}?loop=3").content == b"data: a\n\n" * 3
        assert httpx.head(url + href).headers["content-length"] == "9"
        assert httpx.get(f"{url}/_ssetape/", headers={"Host": "evil.test"}).status_code == 403


def test_a_single_request_may_have_a_fault(pages: Pages) -> None:
    path = "/_ssetape/captures/0?instant=1&fault="
    assert times(pages(asked(f"{path}drop%20event%3D1"))) == [(0.0, CHUNKS[1][1])]
    refused = pages(asked(f"{path}refuse%20status%3D529"))
    assert isinstance(refused, Say)
    assert refused.status == 529
    wrong = pages(asked(f"{path}dropp"))
    assert isinstance(wrong, Say)
    assert wrong.status == 400
    assert "did you mean drop?" in said(wrong)["error"]["message"]
