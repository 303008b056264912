import json
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.page import payload as module
from ssetape.page.payload import payload

Write = Callable[..., Path]
CHAT = b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'


def test_all_that_is_shown_is_plain_json(capture_file: Write) -> None:
    path = capture_file([(0.5, CHAT[:9]), (1.5, CHAT[9:]), (2.0, b"data: \xff\n\n")], head_s=0.25)
    made = json.loads(orjson.dumps(payload(Capture(path))))
    assert (made["name"], made["protocol"], made["model"]) == (path.name, "openai-chat", "m")
    assert made["events"][0] == [1.5, 0.5, "message", "", CHAT[6:-2].decode(), False]
    assert made["chunks"][0] == [0.5, 9, CHAT[:9].decode()]
    assert made["chunks"][2] == [2.0, 9, ["ZGF0YTog/woK"]]
    assert made["typed"] == [[1.5, "Hi", False]]
    assert ["first text", 1.5] in made["milestones"]
    assert made["stalls"][0] == [0.5, 2.0, 1]
    assert "expected JSON" in made["problems"][0]
    assert made["response"]["status"] == 200


def test_what_a_browser_did_is_there_for_the_page_and_for_a_growing_head(
    capture_file: Write,
) -> None:
    browser = {"browser": "Chrome/156.0.8078.108", "target": "page", "chunks": "reads"}
    coding = [("content-encoding", "br"), ("content-length", "9")]
    capture = Capture(capture_file([(0.5, CHAT)], tapped=browser, decoded=coding, from_cache=True))
    made = json.loads(orjson.dumps(payload(capture)))
    assert made["origin"].startswith("recorded in the browser (Chrome/156.0.8078.108, page); ")
    assert made["response"]["decoded"] == [list(pair) for pair in coding]
    assert capture.response is not None
    assert module.response_head(capture.response)["remarks"] == [
        "content-encoding br, decoded by the browser",
        "from the browser's cache",
    ]
    end = b'[2,"end",{"reason":"complete","altered":true}]\n'
    other = payload(Capture(capture_file([(0.5, CHAT)], end=None, tail=end)))
    assert other["end"]["altered"] == "the client got other bytes"
    plain = payload(Capture(capture_file([(0.5, CHAT)])))
    assert plain["end"]["altered"] == ""
    assert (plain["origin"], plain["response"]["remarks"]) == ("", [])


def test_a_large_body_is_told_by_its_sizes(
    capture_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BYTES_LIMIT", 5)
    assert payload(Capture(capture_file([(1.0, b"data: a\n\n")])))["chunks"] == [[1.0, 9]]


def test_what_can_be_read_of_damage_is_there(capture_file: Write) -> None:
    torn = payload(Capture(capture_file([(1.0, CHAT)], end=None, tail=b"[2")))
    assert (len(torn["events"]), torn["end"]) == (1, None)
    assert "torn" in torn["problems"][0]
    nothing = payload(Capture(capture_file([], status=None, end="connect_failed")))
    assert (nothing["response"], nothing["events"], nothing["chunks"]) == (None, [], [])
    broken = Capture(capture_file([(1.0, CHAT)], end=None, tail=b"{}\n"))
    with pytest.raises(CaptureError):
        payload(broken)


def test_a_websocket_has_both_directions(tmp_path: Path) -> None:
    path = tmp_path / "s.ssetape"
    path.write_text(
        '{"ssetape":1,"kind":"websocket","request":{"method":"GET","url":"ws://a.test/"}}\n'
        '[0.1,"head",{"status":101,"headers":[]}]\n[0.2,">","hi"]\n[0.3,"<b","AP8="]\n'
    )
    events = payload(Capture(path))["events"]
    assert [(e[2], e[4], e[5]) for e in events] == [
        ("text", "hi", True),
        ("binary", "00 ff", False),
    ]


@pytest.mark.parametrize("limit", ["EVENTS_LIMIT", "EVENTS_LIMIT_CHARACTERS"])
def test_a_report_has_so_many_events_and_measures_all(
    limit: str, monkeypatch: pytest.MonkeyPatch, capture_file: Write
) -> None:
    monkeypatch.setattr(f"ssetape.page.payload.{limit}", 5)
    path = capture_file([(n, b"data: x\n\n" * 600) for n in range(4)])
    made = payload(Capture(path))
    assert 0 < len(made["events"]) < 2400
    assert made["problems"] == [f"the report has only the first {len(made['events']):,} events"]
    assert len(made["quantiles"]) == 4
