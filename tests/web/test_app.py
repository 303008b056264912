import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ssetape.errors import ReplayError
from ssetape.web.app import Replayed, create_app
from ssetape.web.listing import Listing, key_of

Raw = Callable[..., bytes]
CHAT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
EVIL = "</script><script>alert(1)</script>\x1b\u202e"


class FakeReplays:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def start(self, path: Path, **options: Any) -> Replayed:
        if options["fault"] == "nonsense":
            raise ReplayError("nonsense: no such fault")
        self.asked.append((path, options))
        return Replayed("http://127.0.0.1:1/x", "http://127.0.0.1:1/_ssetape/captures/0", "curl -N")

    def stop(self, path: Path) -> None:
        self.asked.append(path)


class Page:
    """A client of an application, and the captures that it shows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listing = Listing([folder])
        self.replays = FakeReplays()
        self.client = TestClient(
            create_app(self.listing, self.replays), base_url="http://127.0.0.1:8901"
        )

    def put(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        self.listing.look()
        return f"/captures/{key_of(path)}"


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path)


def test_the_list_and_all_that_it_needs_are_there(page: Page) -> None:
    html = page.client.get("/").text
    for name in ("list.js", "rows.js", "format.js", "listening.js", "style.css", "pages.css"):
        assert page.client.get(f"/static/{name}").status_code == 200
    assert "/static/list.js" in html


def test_a_capture_is_data_and_no_markup(page: Page, raw_capture: Raw) -> None:
    place = page.put("a.ssetape", raw_capture([(1.0, CHAT)], url=f"http://a.test/{EVIL}"))
    html = page.client.get(place).text
    assert "<script>alert" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html.partition('id="capture">')[0]
    data = html.partition('id="capture">')[2].partition("</script>")[0]
    assert json.loads(data)["request"]["url"] == f"http://a.test/{EVIL}"


def test_its_events_chunks_and_data(page: Page, raw_capture: Raw) -> None:
    place = page.put("a.ssetape", raw_capture([(1.0, CHAT), (2.0, b"data: \xff\n\n")]))
    with page.client.stream("GET", f"{place}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        text = "".join(answer.iter_text())
    assert "event: end" in text
    assert page.client.get(f"{place}/data/1").text == "\ufffd"
    assert page.client.get(f"{place}/data/2").status_code == 404
    found = page.client.get(f"{place}/chunks?from=1&to=5").json()
    assert found == [[2.0, 9, ["ZGF0YTog/woK"]]]
    after = page.client.get(f"{place}/events?after=1-1-1-1").text
    assert CHAT.decode()[8:20] not in after


def test_files_to_take_away(page: Page, raw_capture: Raw) -> None:
    data = raw_capture([(1.0, CHAT)])
    place = page.put("a.ssetape", data)
    assert page.client.get(f"{place}/file").content == data
    raw = page.client.get(f"{place}/export/raw")
    assert raw.content == CHAT
    assert raw.headers["content-disposition"].endswith("''a.sse")
    assert page.client.get(f"{place}/export/parquet").status_code == 404
    assert page.client.get(f"{place}/export/nonsense").status_code == 404


@pytest.mark.skipif(os.name == "nt", reason="names are no bytes there")
def test_a_name_that_is_no_utf_8_is_no_hindrance(page: Page, raw_capture: Raw) -> None:
    place = page.put(os.fsdecode(b"a\xe9 \n.ssetape"), raw_capture([(1.0, CHAT)]))
    key = place.rpartition("/")[2]
    for path in (place, f"{place}/file", f"{place}/export/html", f"/compare?a={key}&b={key}"):
        assert page.client.get(path).status_code == 200
    assert r"a\udce9 \n.ssetape" in page.client.get(place).text.replace("\\\\", "\\")
    (page.folder / os.fsdecode(b"a\xe9 \n.ssetape")).write_bytes(b"nonsense")
    assert r"a\udce9" in page.client.get(place).text


def test_an_export_that_cannot_be_made_says_why(page: Page) -> None:
    socket = (
        b'{"ssetape":1,"kind":"websocket","request":{"method":"GET","url":"ws://a.test/"}}\n'
        b'[0.1,"head",{"status":101,"headers":[]}]\n'
    )
    answer = page.client.get(f"{page.put('s.ssetape', socket)}/export/curl")
    assert answer.status_code == 422
    assert "WebSocket" in answer.text


def test_two_captures_compared(page: Page, raw_capture: Raw) -> None:
    one = page.put("a.ssetape", raw_capture([(1.0, CHAT)], url="http://a.test/1"))
    other = page.put(
        "b.ssetape", raw_capture([(1.5, CHAT.replace(b"Hi", b"Ho <b>"))], url="http://a.test/2")
    )
    keys = [place.rpartition("/")[2] for place in (one, other)]
    html = page.client.get(f"/compare?a={keys[0]}&b={keys[1]}").text
    assert "<del>Hi</del><ins>Ho &lt;b&gt;</ins>" in html
    assert "http://a.test/2" in html
    assert "+0.500 s" in html
    assert "Events that differ" in html
    assert json.loads(html.partition('id="times">')[2].partition("<")[0]) == [[1.0], [1.5]]
    same = page.client.get(f"/compare?a={keys[0]}&b={keys[0]}").text
    assert "No differences." in same
    assert page.client.get(f"/compare?a={keys[0]}").status_code == 404


def test_replays_are_asked_of_who_can(page: Page, raw_capture: Raw) -> None:
    place = page.put("a.ssetape", raw_capture([]))
    wanted = {"speed": 2, "instant": False, "fault": "cut event=1", "shares": True}
    answer = page.client.post(f"{place}/replay", json=wanted)
    assert answer.json()["url"] == "http://127.0.0.1:1/x"
    assert page.replays.asked == [(page.folder / "a.ssetape", {**wanted, "speed": 2.0})]
    assert page.client.delete(f"{place}/replay").status_code == 200
    assert page.replays.asked[-1] == page.folder / "a.ssetape"
    bad = page.client.post(f"{place}/replay", json={"fault": "nonsense"})
    assert (bad.status_code, "no such fault" in bad.text) == (422, True)
    deep, large = b"[" * 100_000 + b"]" * 100_000, b'{"speed": 1' + b"0" * 400 + b"}"
    for body in (b"{", b"[]", b'{"speed": "x"}', deep, large):
        assert page.client.post(f"{place}/replay", content=body).status_code == 400


def test_what_is_not_there_is_told(page: Page, raw_capture: Raw) -> None:
    for path in ("", "/events", "/chunks", "/file", "/export/raw", "/data/0"):
        answer = page.client.get(f"/captures/0123456789abcdef{path}")
        assert answer.status_code == 404
        assert "no capture" in answer.text
    place = page.put("a.ssetape", raw_capture([]))
    assert page.client.get(f"{place}/chunks?from=x").status_code == 400
    for number in ("x", "-1", "9" * 5000):
        assert page.client.get(f"{place}/data/{number}").status_code == 400
    (page.folder / "a.ssetape").unlink()
    assert page.client.get(place).status_code == 404
    page.put("broken.ssetape", b"nonsense\n")
    broken = page.client.get(f"/captures/{key_of(page.folder / 'broken.ssetape')}")
    assert (broken.status_code, "broken.ssetape" in broken.text) == (422, True)


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"]
)
def test_nothing_but_the_pages_files_is_served(page: Page, path: str) -> None:
    assert page.client.get(path).status_code == 404


def test_foreign_pages_are_refused(page: Page) -> None:
    assert page.client.get("/", headers={"host": "evil.test"}).status_code == 403
    assert page.client.get("/rows", headers={"origin": "http://evil.test"}).status_code == 403
