from base64 import b64encode

import pytest
from devtools import STREAM, Browser

from ssetape.recording import reasons
from ssetape.tap.devtools import Command, Event
from ssetape.tap.network import PAGE_LEFT


def coded(data: bytes) -> str:
    return b64encode(data).decode()


def stream(browser: Browser, id: str = "1", session: str = "page", **fields: str) -> None:
    """A stream that is under way, of which "x" has come."""
    browser.request(id, session, **fields)
    browser.response(id, session)
    browser.answer(Command.STREAM, bufferedData="")
    browser.data(1, coded(b"x"), id, session)


def test_each_hop_of_a_redirect_has_its_own_headers() -> None:
    browser = Browser(records_all=True)
    moved = {"status": 302, "statusText": "Found", "headers": {"Location": "/b"}}
    browser.request(url="http://a.test/a")
    browser.request_headers(**{"X-Hop": "1"})
    browser.response_headers(headers={"Location": "/b"})
    browser.request_headers(**{"X-Hop": "2"})  # the next hop's, before that is told
    browser.request(url="http://a.test/b", redirectResponse=moved, redirectHasExtraInfo=True)
    browser.response(has_headers=True)
    browser.response_headers()
    browser.answer(Command.STREAM, bufferedData=coded(b"x"))
    browser.finished()
    first, second = browser.begun
    assert (first.request.url, first.response.status) == ("http://a.test/a", 302)
    assert (second.request.url, second.response.status) == ("http://a.test/b", 200)
    hops = [dict(begin.request.headers)["X-Hop"] for begin in (first, second)]
    assert hops == ["1", "2"]
    assert dict(first.response.headers)["Location"] == "/b"
    assert [reason for reason, _ in browser.ends] == [reasons.COMPLETE] * 2
    assert len(browser.machine) == 0


def test_a_redirect_s_headers_may_come_after_the_next_hop() -> None:
    browser = Browser(records_all=True)
    moved = {"status": 302, "headers": {"Location": "/b"}}
    browser.request(url="http://a.test/a")
    browser.request(url="http://a.test/b", redirectResponse=moved, redirectHasExtraInfo=True)
    for hop in ("1", "2"):
        browser.request_headers(**{"X-Hop": hop})
        browser.response_headers(headers={"X-Hop": hop})
    browser.response(headers={"Content-Type": "text/html"}, status=204, has_headers=True)
    browser.finished()
    assert [dict(begin.request.headers)["X-Hop"] for begin in browser.begun] == ["1", "2"]


@pytest.mark.parametrize("has_headers_late", [False, True])
def test_what_redirects_to_a_stream_is_recorded_with_it(has_headers_late: bool) -> None:
    browser = Browser()
    moved = {"status": 302, "headers": {"Location": "/b", "X-Hop": "1"}}
    browser.request(url="http://a.test/a")
    for url in ("http://a.test/b", "http://a.test/c"):
        browser.request(url=url, redirectResponse=moved, redirectHasExtraInfo=has_headers_late)
    browser.response(has_headers=True)
    browser.answer(Command.STREAM, bufferedData=coded(b"x"))
    for hop in ("1", "2", "3") if has_headers_late else ("3",):
        browser.request_headers(**{"X-Hop": hop})
        browser.response_headers(headers={"X-Hop": hop})
    browser.finished()
    assert [begin.request.url[-2:] for begin in browser.begun] == ["/a", "/b", "/c"]
    assert [begin.response.status for begin in browser.begun] == [302, 302, 200]
    assert dict(browser.begun[2].response.headers)["X-Hop"] == "3"
    assert [reason for reason, _ in browser.ends] == [reasons.COMPLETE] * 3
    assert len(browser.machine) == 0


def test_a_redirect_to_something_else_is_not_recorded() -> None:
    browser = Browser()
    moved = {"status": 302, "headers": {"Location": "/b"}}
    browser.request(url="http://a.test/a")
    browser.request(url="http://a.test/b", redirectResponse=moved, redirectHasExtraInfo=False)
    browser.response(headers={"Content-Type": "text/html"}, has_headers=False)
    browser.finished()
    assert browser.begun == []
    assert len(browser.machine) == 0


def test_a_redirect_from_the_cache_takes_no_headers_of_the_next_hop() -> None:
    browser = Browser(records_all=True)
    moved = {"status": 301, "headers": {"Location": "/b"}, "fromDiskCache": True}
    browser.request(url="http://a.test/a")
    browser.request(url="http://a.test/b", redirectResponse=moved, redirectHasExtraInfo=False)
    browser.request_headers(**{"X-Hop": "2"})
    browser.response_headers()
    browser.response(has_headers=True)
    browser.answer(Command.STREAM, bufferedData=coded(b"x"))
    browser.finished()
    hops = [dict(begin.request.headers).get("X-Hop") for begin in browser.begun]
    assert hops == [None, "2"]
    assert len(browser.machine) == 0


def test_what_is_no_request_of_the_network_is_left_out() -> None:
    browser = Browser(records_all=True)
    for url in ("data:text/plain,x", "blob:http://a.test/1", "chrome://version", "file:///etc"):
        browser.request(url=url)
        browser.response()
        browser.finished()
    assert browser.records == []
    assert browser.asked(Command.STREAM) == browser.asked(Command.BODY) == []


def test_headers_of_requests_that_nobody_wants_are_not_kept_for_ever() -> None:
    browser = Browser()
    for number in range(5000):
        browser.request_headers(str(number))
    assert len(browser.machine._network._orphans) <= 1000


@pytest.mark.parametrize("is_passed_on_first", [False, True])
def test_what_a_service_worker_passes_on_is_recorded_once(is_passed_on_first: bool) -> None:
    browser = Browser()
    browser.attach("worker", "service_worker")
    passed_on = {"fromServiceWorker": True, "serviceWorkerResponseSource": "network"}
    browser.request("1")
    browser.request("2", "worker")
    if is_passed_on_first:
        browser.response("1", **passed_on)
        browser.response("2", "worker")
        browser.answer(Command.STREAM, bufferedData="")
    else:
        browser.response("2", "worker")
        browser.answer(Command.STREAM, bufferedData="")
        browser.response("1", **passed_on)
        browser.answer(Command.STREAM, bufferedData="")
    browser.data(1, coded(b"x"), "1")
    browser.finished("2", "worker")
    browser.finished("1")
    assert [begin.target for begin in browser.begun] == ["page"]
    assert [data for _, data in browser.chunks] == [b"x"]
    assert len(browser.machine) == 0


def test_what_a_service_worker_passes_on_has_the_headers_that_were_sent() -> None:
    browser = Browser()
    browser.attach("worker", "service_worker")
    browser.request("1")
    browser.request("2", "worker")
    browser.request_headers("2", "worker")
    browser.response_headers("2", "worker")
    passed_on = {"fromServiceWorker": True, "serviceWorkerResponseSource": "network"}
    browser.response("1", **passed_on)
    browser.answer(Command.STREAM, bufferedData=coded(b"x"))
    (begin,) = browser.begun
    assert ("Cookie", "sid=s3cret") in begin.request.headers
    assert ("Set-Cookie", "b=2") in begin.response.headers


def test_what_a_service_worker_has_read_itself_is_the_worker_s() -> None:
    browser = Browser()
    browser.attach("worker", "service_worker")
    browser.request("1")
    stream(browser, "2", "worker")
    browser.response("1", fromServiceWorker=True, serviceWorkerResponseSource="network")
    assert browser.asked(Command.STREAM) == []
    browser.finished("2", "worker")
    assert [begin.target for begin in browser.begun] == ["service_worker"]
    assert [data for _, data in browser.chunks] == [b"x"]


def test_what_a_page_asked_for_ends_when_it_is_left() -> None:
    browser = Browser()
    for name, frame, loader in (("1", "target of page", "old"), ("2", "inner", "other")):
        stream(browser, name, frameId=frame, loaderId=loader)
    document = {"type": "Document", "frameId": "target of page", "loaderId": "3"}
    browser.request("3", **document)
    browser.response("3", headers={"Content-Type": "text/html"})
    assert browser.ends == []  # it may still become a download, which changes no page
    browser.data(9, id="3")
    assert browser.ends == [(reasons.CLIENT_CLOSED, {"error": PAGE_LEFT})]
    browser.finished("3")
    browser.finished("2")
    assert len(browser.ends) == 2
    assert len(browser.machine) == 0


def test_a_download_leaves_the_page() -> None:
    browser = Browser()
    stream(browser, "1", frameId="target of page", loaderId="old")
    browser.request("3", type="Document", frameId="target of page", loaderId="3")
    browser.response("3", headers={"Content-Type": "application/zip"})
    browser.failed("3", errorText="net::ERR_ABORTED", canceled=True)
    browser.data(1, coded(b"y"))
    assert [data for _, data in browser.chunks] == [b"x", b"y"]


def test_a_document_may_be_asked_for_in_one_session_and_come_in_another() -> None:
    browser = Browser(records_all=True)
    browser.request("1", headers=STREAM)
    browser.attach("frame", "iframe", parent="page")
    browser.response("1", "page", headers={"Content-Type": "text/html"})
    browser.data(5, id="1", session="frame")
    browser.finished("1", "frame")
    (ask,) = browser.asked(Command.BODY)
    assert ask.session == "frame"
    browser.emit(Event.DETACHED, "page", sessionId="frame")
    assert len(browser.machine) == 0
