import json
from base64 import b64encode
from typing import Any

import pytest
from devtools import Browser
from hypothesis import given
from hypothesis import strategies as st

from ssetape.recording import reasons
from ssetape.tap.devtools import TARGETS, Command, Event

X = b64encode(b"x").decode()
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
# Fields of events as they are, and anything else in their place.
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "requestId": st.sampled_from(["1", "2"]) | VALUES,
        "timestamp": st.floats(0, 1e9) | VALUES,
        "wallTime": st.floats(0, 1e9) | VALUES,
        "dataLength": st.integers(0, 9) | VALUES,
        "data": st.sampled_from([X, "eA", "é"]) | VALUES,
        "hasExtraInfo": st.booleans() | VALUES,
        "headers": st.just({"a": "b"}) | VALUES,
        "request": st.just({"url": "http://a.test/", "method": "GET", "headers": {}}) | VALUES,
        "response": st.just({"status": 200, "headers": {"content-type": "text/event-stream"}})
        | VALUES,
        "url": VALUES,
        "sessionId": st.sampled_from(["page", "other"]) | VALUES,
        "targetInfo": VALUES,
    },
)


def streaming(browser: Browser, id: str = "1", session: str = "page") -> None:
    browser.request(id, session)
    browser.response(id, session)
    browser.answer(Command.STREAM, bufferedData=X)


def test_every_kind_of_target_is_listened_to_before_it_runs() -> None:
    browser = Browser()
    browser.sent.clear()
    for target in sorted(TARGETS):
        info = {"targetId": target, "type": target}
        browser.emit(Event.ATTACHED, "page", sessionId=target, targetInfo=info)
        asked = [(send.session, send.command) for send in browser.sent]
        assert asked == [
            (target, Command.ENABLE),
            (target, Command.AUTO_ATTACH),
            (target, Command.RESUME),
        ]
        browser.sent.clear()


def test_other_targets_and_those_that_are_known_are_let_go() -> None:
    browser = Browser()
    browser.sent.clear()
    for target, name in (("browser_ui", "x"), ("page", "target of page")):
        info = {"targetId": name, "type": target}
        browser.emit(Event.ATTACHED, "", sessionId="again", targetInfo=info)
        asked = [(send.session, send.command) for send in browser.sent]
        assert asked == [("again", Command.RESUME), ("", Command.DETACH)]
        browser.sent.clear()


def test_pages_are_known_when_they_are_ready() -> None:
    browser = Browser()
    assert browser.machine.pages == ["page"]
    browser.do(browser.machine.open("http://a.test/", in_new_tab=False))
    assert browser.sent[-1].message() == {
        "id": browser.sent[-1].number,
        "method": "Page.navigate",
        "params": {"url": "http://a.test/"},
        "sessionId": "page",
    }
    browser.do(browser.machine.open("http://a.test/", in_new_tab=True))
    assert (browser.sent[-1].session, browser.sent[-1].command) == ("", Command.NEW_TAB)
    browser.emit(Event.DETACHED, "", sessionId="page")
    assert browser.machine.pages == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [(Event.DETACHED, reasons.TAB_CLOSED), (Event.CRASHED, reasons.TAB_CRASHED)],
)
def test_a_tab_s_end_ends_its_streams_alone(event: Event, reason: str) -> None:
    browser = Browser()
    browser.attach("other")
    streaming(browser)
    streaming(browser, "2", "other")
    if event is Event.DETACHED:
        browser.emit(event, "", sessionId="page")
    else:
        browser.emit(event, "page")
    browser.wait()
    assert browser.ends == [(reason, {})]
    assert len(browser.machine) == 1


def test_the_end_ends_all_at_the_browser_s_time() -> None:
    browser = Browser()
    streaming(browser)
    browser.request("2")
    # Our clock may be another than the browser's.
    browser.do(browser.machine.end(browser.now_s + 2.0005, reasons.BROWSER_CLOSED))
    (finish,) = [record for record in browser.records if hasattr(record, "reason")]
    assert finish.reason == reasons.BROWSER_CLOSED
    assert finish.now_s == pytest.approx(browser.now_s + 2)
    assert len(browser.machine) == 0


def test_events_of_sessions_and_domains_that_nobody_asked_for_are_left_out() -> None:
    browser = Browser()
    browser.emit(Event.REQUEST, "nobody", requestId="1")
    browser.emit("Network.somethingNew", requestId="1")
    browser.emit("Page.frameNavigated")
    browser.do(browser.machine.receive({"id": 99999, "result": {}}, 0.0))
    browser.do(browser.machine.receive({}, 0.0))
    assert browser.records == []


def test_an_event_that_is_not_as_expected_is_told_once() -> None:
    browser = Browser()
    streaming(browser)
    for _ in range(3):
        browser.emit(Event.DATA, requestId="1", timestamp=1.0)
    (warning,) = browser.warnings
    assert "Network.dataReceived is not as expected" in warning
    browser.finished()
    assert browser.ends == [(reasons.COMPLETE, {})]


@given(st.lists(st.tuples(st.sampled_from(list(Event)), FIELDS), max_size=20))
def test_no_event_whatever_is_in_it_raises(events: list[tuple[Event, dict[str, Any]]]) -> None:
    browser = Browser(records_all=True)
    for event, fields in events:
        browser.emit(event, "page", **fields)
        for send in list(browser.sent):
            browser.do(browser.machine.receive({"id": send.number, "result": fields}, 1.0))
        browser.sent.clear()
    browser.do(browser.machine.end(1.0, reasons.BROWSER_CLOSED))
    json.dumps([str(record) for record in browser.records])


def test_nothing_is_kept_of_what_is_over() -> None:
    browser = Browser()
    for number in range(300):
        name = str(number)
        streaming(browser, name)
        browser.finished(name)
        browser.request(f"ordinary {name}")
        browser.response(f"ordinary {name}", headers={"Content-Type": "text/html"})
        browser.finished(f"ordinary {name}")
        browser.attach(f"session {name}", "worker", parent="page")
        browser.request(f"of {name}", f"session {name}")
        browser.emit(Event.DETACHED, "page", sessionId=f"session {name}")
    machine = browser.machine
    assert len(machine) == 0
    assert machine._sessions.keys() == {"page"}
    assert len(machine._network._documents) == 0
    open_commands = [send.command for send in browser.sent]
    assert len(machine._commands) <= len(open_commands)
    assert Command.STREAM not in open_commands


def test_a_million_chunks_leave_no_trace() -> None:
    # A thousand times less here: what is kept per chunk would show as well.
    browser = Browser()
    streaming(browser)
    exchange = browser.machine._network._current["1"]
    for _ in range(1000):
        browser.data(1, X)
    assert exchange._held == exchange._reads._sizes == []
