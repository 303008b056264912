from typing import Any

from devtools import Browser

from ssetape.format.values import WEBSOCKET
from ssetape.recording import reasons
from ssetape.tap.actions import WriteMessage
from ssetape.tap.devtools import Event
from ssetape.tap.network import PAGE_LEFT


def opened(status: int = 101, **options: Any) -> Browser:
    browser = Browser(**options)
    browser.emit(Event.SOCKET_CREATED, requestId="7", url="wss://a.test/é")
    browser.emit(
        Event.SOCKET_REQUEST,
        requestId="7",
        timestamp=browser.now_s,
        wallTime=1_700_000_000.5,
        request={"headers": {"Upgrade": "websocket"}},
    )
    browser.now_s += 0.25
    text = f"HTTP/1.1 {status} Switching\r\nUpgrade: websocket\r\nSet-Cookie: a=1\r\n\r\n"
    response = {"status": status, "statusText": "Switching", "headers": {}, "headersText": text}
    browser.emit(Event.SOCKET_RESPONSE, requestId="7", timestamp=browser.now_s, response=response)
    return browser


def frame(browser: Browser, event: Event, opcode: int, payload: str) -> None:
    found = {"opcode": opcode, "mask": False, "payloadData": payload}
    browser.emit(event, requestId="7", timestamp=browser.now_s, response=found)


def closed(browser: Browser) -> None:
    browser.emit(Event.SOCKET_CLOSED, requestId="7", timestamp=browser.now_s)


def test_messages_of_both_sides_are_written_as_they_were_sent() -> None:
    browser = opened()
    frame(browser, Event.SOCKET_SENT, 1, "hé")
    frame(browser, Event.SOCKET_RECEIVED, 2, "AQL/")
    frame(browser, Event.SOCKET_RECEIVED, 9, "")  # a ping is no message
    closed(browser)
    (begin,) = browser.begun
    assert (begin.kind, begin.request.url) == (WEBSOCKET, "wss://a.test/%C3%A9")
    assert begin.response.t_s == 0.25
    assert begin.response.headers == [("Upgrade", "websocket"), ("Set-Cookie", "a=1")]
    assert begin.started_ns == 1_700_000_000_500_000_000
    messages = [(m.data, m.from_client, m.is_text) for m in browser.of(WriteMessage)]
    assert messages == [("hé".encode(), True, True), (b"\x01\x02\xff", False, False)]
    # Whether a close frame came, the browser does not say.
    assert browser.ends == [(reasons.COMPLETE, {"guessed": True})]
    assert len(browser.machine) == 0


def test_a_connection_that_the_browser_calls_broken_was_cut() -> None:
    browser = opened()
    browser.emit(
        Event.SOCKET_ERROR, requestId="7", timestamp=browser.now_s, errorMessage="bad frame"
    )
    closed(browser)
    assert browser.ends == [(reasons.UPSTREAM_CUT, {"error": "bad frame"})]


def test_a_refused_handshake_is_no_websocket() -> None:
    browser = opened(status=403)
    closed(browser)
    assert browser.records == []
    assert len(browser.machine) == 0


def test_one_that_nobody_wants_is_forgotten() -> None:
    browser = opened(wants=lambda heads: not heads.is_websocket)
    frame(browser, Event.SOCKET_SENT, 1, "x")
    assert browser.records == []
    assert len(browser.machine) == 0


def test_it_ends_with_its_page_and_with_its_tab() -> None:
    browser = opened()
    browser.request("3", type="Document", frameId="target of page", loaderId="3")
    browser.response("3", headers={"Content-Type": "text/html"})
    browser.finished("3")
    assert browser.ends == [(reasons.CLIENT_CLOSED, {"error": PAGE_LEFT})]
    browser = opened()
    browser.emit(Event.DETACHED, "", sessionId="page")
    assert browser.ends == [(reasons.TAB_CLOSED, {})]
