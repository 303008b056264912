from base64 import b64encode
from typing import Any

import pytest
from devtools import STREAM, Browser, Step
from hypothesis import given
from hypothesis import strategies as st

from ssetape.recording import reasons
from ssetape.tap.actions import Finish
from ssetape.tap.devtools import BODY_LIMIT_BYTES, UNKNOWN_COMMAND, Command, Event
from ssetape.tap.opening import HEADERS_PATIENCE_S


def coded(data: bytes) -> str:
    return b64encode(data).decode()


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=5), max_size=6),
    replied_after=st.integers(0, 7),
    request_headers_at=st.integers(0, 9),
    response_headers_at=st.integers(0, 9),
    is_over_before_reply=st.booleans(),
)
def test_in_whatever_order_it_comes_each_chunk_is_written_as_it_came(
    chunks: list[bytes],
    replied_after: int,
    request_headers_at: int,
    response_headers_at: int,
    is_over_before_reply: bool,
) -> None:
    browser = Browser()
    moments: list[float] = []
    unseen = bytearray()
    replied = False

    def chunk(data: bytes) -> None:
        browser.now_s += 0.01
        moments.append(browser.now_s)
        if replied:
            browser.data(len(data), coded(data))
        else:
            unseen.extend(data)
            browser.data(len(data))

    def reply() -> None:
        nonlocal replied
        replied = True
        browser.answer(Command.STREAM, bufferedData=coded(bytes(unseen)))

    steps: list[Step] = [lambda data=data: chunk(data) for data in chunks]  # type: ignore[misc]
    ending: list[Step] = [browser.finished]
    if is_over_before_reply:
        ending.append(reply)
    else:
        steps.insert(min(replied_after, len(steps)), reply)
    all_steps = [browser.request, lambda: browser.response(has_headers=True), *steps, *ending]
    all_steps.insert(min(request_headers_at, len(all_steps)), browser.request_headers)
    all_steps.insert(min(response_headers_at, len(all_steps)), browser.response_headers)
    for step in all_steps:
        step()
    assert browser.chunks == list(zip(moments, chunks, strict=True))
    (begin,) = browser.begun
    (end,) = browser.ends
    assert end == (reasons.COMPLETE, {})
    # Its capture begins with the head, whose real headers are there if they came in time.
    assert browser.records[0] is begin
    if max(request_headers_at, response_headers_at) <= 2:
        assert ("Cookie", "sid=s3cret") in begin.request.headers
        assert begin.response.headers[-2:] == [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    assert len(browser.machine) == 0


def test_a_chunk_is_written_at_once() -> None:
    browser = Browser()
    browser.request()
    browser.response()
    assert len(browser.begun) == 1
    browser.answer(Command.STREAM, bufferedData="")
    browser.now_s += 1
    browser.data(2, coded(b"ab"))
    assert browser.chunks == [(browser.now_s, b"ab")]


def test_real_headers_that_do_not_come_are_waited_for_a_moment() -> None:
    browser = Browser()
    browser.request()
    browser.response(has_headers=True)
    browser.answer(Command.STREAM, bufferedData=coded(b"x"))
    browser.do(browser.machine.tick(browser.now_s + HEADERS_PATIENCE_S / 2))
    assert browser.begun == []
    browser.do(browser.machine.tick(browser.now_s + HEADERS_PATIENCE_S + 0.1))
    (begin,) = browser.begun
    assert begin.request.headers == [("X-Page", "1")]
    assert [data for _, data in browser.chunks] == [b"x"]


def test_bytes_that_nothing_told_of_are_not_lost() -> None:
    browser = Browser()
    browser.request()
    browser.response()
    browser.data(2)
    browser.answer(Command.STREAM, bufferedData=coded(b"abcd"))
    assert [data for _, data in browser.chunks] == [b"ab", b"cd"]


@pytest.mark.parametrize("is_old", [False, True])
def test_what_cannot_be_streamed_is_had_at_its_end_cut_as_it_came(is_old: bool) -> None:
    browser = Browser()
    browser.request()
    browser.response()
    first_s = browser.now_s = browser.now_s + 1
    browser.data(5)
    second_s = browser.now_s = browser.now_s + 1
    browser.data(2)
    error = "'Network.streamResourceContent' wasn't found" if is_old else "has already finished"
    code = UNKNOWN_COMMAND if is_old else -32602
    if is_old:
        browser.answer(Command.STREAM, error, code)
        browser.finished()
    else:
        browser.finished()
        browser.answer(Command.STREAM, error, code)
    browser.answer(Command.BODY, body="abcéfg", base64Encoded=False)
    assert browser.chunks == [(first_s, "abcé".encode()), (second_s, b"fg")]
    assert browser.ends == [(reasons.COMPLETE, {})]
    assert [("update the browser" in words) for words in browser.warnings] == [True] * is_old


def test_a_body_of_which_the_browser_gives_other_bytes_than_came_is_told() -> None:
    browser = Browser()
    browser.request()
    browser.response()
    browser.data(9)
    browser.finished()
    browser.answer(Command.STREAM, "has already finished")
    browser.answer(Command.BODY, body="ab", base64Encoded=False)
    (words,) = browser.warnings
    assert "gives 2 bytes of the body; 9 came" in words


def test_a_stream_whose_bytes_are_gone_says_so() -> None:
    browser = Browser()
    browser.request()
    browser.response()
    browser.data(5)
    browser.finished()
    browser.answer(Command.STREAM, "has already finished")
    browser.answer(Command.BODY, "No resource with given identifier found")
    ((reason, details),) = browser.ends
    assert reason == reasons.UNKNOWN
    assert "no longer has the body" in details["error"]
    assert browser.chunks == []


@pytest.mark.parametrize(
    ("failed", "end"),
    [
        ({"errorText": "net::ERR_ABORTED", "canceled": True}, (reasons.CLIENT_CLOSED, {})),
        (
            {"errorText": "net::ERR_CONNECTION_RESET", "canceled": False},
            (reasons.UPSTREAM_CUT, {"error": "net::ERR_CONNECTION_RESET"}),
        ),
        (
            {"errorText": "net::ERR_FAILED", "corsErrorStatus": {"corsError": "MissingHeader"}},
            (
                reasons.CLIENT_CLOSED,
                {"error": "the browser keeps it from the page: MissingHeader"},
            ),
        ),
        ({"errorText": "odd"}, (reasons.UNKNOWN, {"error": "odd"})),
    ],
)
def test_why_it_ended_early_is_written(failed: dict[str, Any], end: object) -> None:
    browser = Browser()
    browser.request()
    browser.response()
    browser.answer(Command.STREAM, bufferedData="")
    browser.data(1, coded(b"x"))
    browser.failed(**failed)
    browser.wait()
    assert browser.ends == [end]
    browser.finished()
    assert len(browser.ends) == 1


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ([], reasons.CLIENT_CLOSED),
        ([reasons.TAB_CLOSED], reasons.TAB_CLOSED),
        ([reasons.TAB_CRASHED], reasons.TAB_CRASHED),
        ([reasons.TAB_CLOSED, reasons.BROWSER_CLOSED], reasons.BROWSER_CLOSED),
        ([reasons.BROWSER_CLOSED], reasons.BROWSER_CLOSED),
    ],
)
def test_what_a_page_gives_up_as_it_is_closed_says_that_it_was_closed(
    then: list[str], reason: str
) -> None:
    browser = Browser()
    browser.request()
    browser.response()
    browser.answer(Command.STREAM, bufferedData=coded(b"x"))
    browser.failed(errorText="net::ERR_ABORTED", canceled=True)
    given_up_s = browser.now_s
    assert browser.ends == []
    for why in then:
        browser.now_s += 0.1
        if why == reasons.BROWSER_CLOSED:
            browser.do(browser.machine.end(browser.now_s, why))
        elif why == reasons.TAB_CRASHED:
            browser.emit(Event.CRASHED)
        else:
            browser.emit(Event.DETACHED, "", sessionId="page")
    browser.wait()
    assert browser.ends == [(reason, {})]
    assert browser.of(Finish)[0].now_s == given_up_s


def test_a_response_that_was_over_before_its_tab_stays_so() -> None:
    browser = Browser()
    for number in ("1", "2"):
        browser.request(number)
        browser.response(number)
        browser.data(5, id=number)
        browser.finished(number)
    browser.answer(Command.STREAM, bufferedData=coded(b"hello"))
    browser.answer(Command.STREAM, "has already finished")
    browser.emit(Event.DETACHED, "", sessionId="page")
    browser.wait()
    # Of the second, no bytes had come.
    assert browser.ends == [(reasons.COMPLETE, {}), (reasons.TAB_CLOSED, {})]
    assert len(browser.chunks) == 1


@pytest.mark.parametrize("is_stream", [True, False])
def test_a_body_that_goes_into_a_blob_or_the_cache_is_asked_for(is_stream: bool) -> None:
    browser = Browser(records_all=not is_stream)
    browser.request()
    browser.response(headers=STREAM if is_stream else {"Content-Type": "application/json"})
    browser.data(0, network_bytes=7)
    browser.finished()
    if is_stream:
        browser.answer(Command.STREAM, bufferedData="")
    assert browser.ends == []
    browser.answer(Command.BODY, body=coded(b"data: x"), base64Encoded=True)
    assert [data for _, data in browser.chunks] == [b"data: x"]
    assert browser.ends == [(reasons.COMPLETE, {})]


@pytest.mark.parametrize("is_stream", [True, False])
def test_such_a_body_that_an_older_browser_does_not_have_is_told(is_stream: bool) -> None:
    browser = Browser(records_all=not is_stream)
    browser.request()
    browser.response(headers=STREAM if is_stream else {"Content-Type": "application/json"})
    browser.data(0, network_bytes=7000)
    if is_stream:
        browser.answer(Command.STREAM, bufferedData="")
    browser.finished()
    browser.answer(Command.BODY, body="", base64Encoded=False)
    said = [details["error"] for _, details in browser.ends] + browser.warnings
    assert len(said) == 1
    assert "no longer has the body: it gives an empty one" in said[0]
    assert [reason for reason, _ in browser.ends] == [reasons.UNKNOWN] * is_stream


def test_a_body_without_bytes_may_take_some_on_the_way() -> None:
    browser = Browser()
    browser.request()
    browser.response()
    browser.answer(Command.STREAM, bufferedData="")
    browser.data(0, network_bytes=len(b"0\r\n\r\n"))
    browser.finished()
    browser.answer(Command.BODY, body="", base64Encoded=False)
    assert browser.ends == [(reasons.COMPLETE, {})]


@pytest.mark.parametrize(
    ("method", "status", "headers", "is_recorded"),
    [
        ("POST", 204, {}, True),
        ("HEAD", 200, {"Content-Length": "3"}, True),
        ("POST", 200, {"Content-Length": "0"}, True),
        ("GET", 200, {"Content-Length": "3", "Content-Type": "text/css"}, False),
        ("GET", 200, {"Content-Type": "application/json"}, False),
    ],
)
def test_a_response_without_a_body_is_whole_though_the_browser_calls_it_given_up(
    method: str, status: int, headers: dict[str, str], is_recorded: bool
) -> None:
    browser = Browser(records_all=True)
    browser.request(method=method)
    browser.response(status=status, headers=headers)
    browser.failed(errorText="net::ERR_ABORTED", canceled=True)
    assert browser.ends == [(reasons.COMPLETE, {})] * is_recorded
    assert browser.chunks == []
    assert browser.asked(Command.BODY) == []
    assert len(browser.machine) == 0


def test_a_request_without_a_response_is_no_exchange() -> None:
    browser = Browser(records_all=True)
    browser.request()
    browser.failed(errorText="net::ERR_CONNECTION_REFUSED")
    assert browser.records == []
    assert len(browser.machine) == 0


def test_an_unlabelled_stream_is_known_by_its_first_bytes() -> None:
    browser = Browser()
    for number, first in (("1", b"data: x\n\n"), ("2", b"hello")):
        browser.request(number)
        browser.response(number, headers={"Content-Type": "text/plain"})
        browser.answer(Command.STREAM, bufferedData=coded(first[:3]))
        browser.data(len(first[3:]), coded(first[3:]), number)
        browser.finished(number)
    assert [data for _, data in browser.chunks] == [b"dat", b"a: x\n\n"]
    assert len(browser.begun) == 1
    assert len(browser.machine) == 0


def test_ordinary_responses_are_had_whole_if_all_are_wanted() -> None:
    headers = {"Content-Type": "text/html", "Content-Length": "5"}
    for records_all in (False, True):
        browser = Browser(records_all=records_all)
        browser.request()
        browser.response(headers=headers)
        browser.data(5)
        browser.now_s += 1
        browser.finished()
        if records_all:
            browser.answer(Command.BODY, body="hello", base64Encoded=False)
        assert browser.chunks == [(browser.now_s, b"hello")] * records_all
        assert len(browser.begun) == records_all
        assert len(browser.machine) == 0


@pytest.mark.parametrize(("status", "method"), [(204, "GET"), (304, "GET"), (200, "HEAD")])
def test_a_response_that_has_no_body_is_not_asked_for_one(status: int, method: str) -> None:
    browser = Browser(records_all=True)
    browser.request(method=method)
    browser.response(status=status, headers={"Content-Type": "text/html"})
    browser.finished()
    assert browser.ends == [(reasons.COMPLETE, {})]
    assert browser.asked(Command.BODY) == []


def test_an_ordinary_body_past_the_limit_is_left_out_and_it_is_said() -> None:
    browser = Browser(records_all=True)
    browser.request()
    browser.response(headers={"Content-Type": "image/png"})
    browser.data(BODY_LIMIT_BYTES + 1)
    browser.finished()
    assert browser.begun == []
    assert "did not record GET http://a.test/stream: its body has" in browser.warnings[0]


def test_a_request_s_body_is_asked_for_where_it_did_not_come_along() -> None:
    browser = Browser()
    browser.request(hasPostData=True, method="POST")
    browser.response()
    browser.answer(Command.STREAM, bufferedData=coded(b"x"))
    assert browser.begun == []
    browser.answer(Command.REQUEST_BODY, postData="{}")
    assert browser.begun[0].request.body == b"{}"


def test_a_request_body_that_is_not_whole_is_none() -> None:
    # The browser has no file that a form sends.
    browser = Browser()
    browser.request(hasPostData=True, method="POST")
    browser.request_headers(**{"Content-Length": "400"})
    browser.response()
    browser.answer(Command.STREAM, bufferedData=coded(b"x"))
    browser.answer(Command.REQUEST_BODY, postData="{}")
    assert browser.begun[0].request.body is None
    assert "2 of 400 bytes" in browser.warnings[0]


def test_what_the_browser_decoded_is_marked_and_its_times_are_the_network_s() -> None:
    browser = Browser()
    browser.request()
    asked_s = browser.now_s
    browser.now_s += 1
    timing = {"requestTime": asked_s + 0.1, "sendStart": 50.0, "receiveHeadersEnd": 650.0}
    browser.response(
        headers={"Content-Type": "text/event-stream", "Content-Encoding": "br"},
        timing=timing,
        protocol="h3",
        fromDiskCache=True,
    )
    browser.answer(Command.STREAM, bufferedData="")
    (begin,) = browser.begun
    assert begin.sent_s == pytest.approx(asked_s + 0.15)
    assert begin.response.t_s == pytest.approx(0.6)
    assert begin.started_ns == pytest.approx((1_700_000_000 + asked_s + 0.15) * 1e9, abs=1e4)
    assert begin.response.http_version == begin.request.http_version == "HTTP/3"
    assert begin.response.decoded_headers == [("Content-Encoding", "br")]
    assert begin.response.from_cache


def test_a_filter_is_asked_with_both_heads() -> None:
    asked = []
    browser = Browser(wants=lambda heads: bool(asked.append(heads)))
    browser.request()
    browser.response()
    browser.emit(Event.DATA, requestId="1", timestamp=browser.now_s, dataLength=1)
    (heads,) = asked
    assert (heads.method, heads.url, heads.status) == ("GET", "http://a.test/stream", 200)
    assert browser.records == []
    assert len(browser.machine) == 0
