from typing import Any

import pytest

from ssetape.tap.devtools import Event
from ssetape.tap.opening import HEADERS_PATIENCE_S, Opening


def opening(**request: Any) -> Opening:
    fields = {"url": "http://a.test/é", "method": "POST", "headers": {"X": "page"}, **request}
    return Opening({"request": fields, "timestamp": 100.0, "wallTime": 1000.0})


def response(**fields: Any) -> dict[str, Any]:
    return {"status": 200, "headers": {"content-type": "text/html"}, **fields}


def test_headers_as_they_were_sent_take_the_place_of_the_page_s() -> None:
    made = opening()
    made.response(response(), 101.0, waits=True)
    assert not made.is_whole(101.0)
    made.headers(Event.REQUEST_HEADERS, [("X", "sent")])
    assert not made.lacks(Event.REQUEST_HEADERS)
    assert made.lacks(Event.RESPONSE_HEADERS)
    assert not made.is_whole(101.0)
    made.headers(Event.RESPONSE_HEADERS, [("content-type", "text/html"), ("set-cookie", "a")])
    assert made.is_whole(101.0)
    begin, problem = made.begin("1", "page")
    assert begin.request.url == "http://a.test/%C3%A9"
    assert begin.request.headers == [("X", "sent")]
    assert begin.response.headers[1] == ("set-cookie", "a")
    assert begin.response.t_s == 1.0
    assert problem == ""


def test_it_waits_no_longer_than_its_patience() -> None:
    made = opening()
    made.response(response(), 101.0, waits=True)
    assert not made.is_whole(101.0 + HEADERS_PATIENCE_S - 0.01)
    assert made.is_whole(101.0 + HEADERS_PATIENCE_S)
    made.give_up()
    assert made.is_whole(101.0)
    assert made.begin("1", "page").begin.request.headers == [("X", "page")]


def test_a_body_that_is_to_be_asked_for_is_waited_for() -> None:
    made = opening(hasPostData=True)
    made.response(response(), 101.0, waits=False)
    assert not made.is_whole(200.0)
    made.give_up()
    assert made.is_whole(101.0)
    assert made.begin("1", "page").begin.request.body is None


@pytest.mark.parametrize(
    ("timing", "sent_s", "head_s"),
    [
        ({}, 100.0, 101.0),
        ({"requestTime": 100.1, "sendStart": 100.0, "receiveHeadersEnd": 500.0}, 100.2, 100.6),
        ({"requestTime": 100.1, "sendStart": 100.0, "receiveHeadersStart": 400.0}, 100.2, 100.5),
        # Of another request, or of a cache: before it was asked for, or after the head came.
        ({"requestTime": 90.0, "sendStart": 0.0, "receiveHeadersEnd": 1.0}, 100.0, 101.0),
        ({"requestTime": 100.5, "sendStart": -1.0, "receiveHeadersEnd": 900.0}, 100.0, 101.0),
    ],
)
def test_the_network_service_s_times_count_where_they_can_be(
    timing: dict[str, float], sent_s: float, head_s: float
) -> None:
    made = opening()
    made.response(response(timing=timing), 101.0, waits=False)
    assert made.sent_s == pytest.approx(sent_s)
    assert made.head_s == pytest.approx(head_s)


def test_a_filter_sees_what_the_server_sent_and_a_capture_what_holds() -> None:
    made = opening()
    coded = {"content-type": "text/html", "content-encoding": "br"}
    made.response(response(headers=coded), 101.0, waits=False)
    assert made.heads().response_headers == list(coded.items())
    decoded = made.begin("1", "page").begin.response.decoded_headers
    assert decoded == [("content-encoding", "br")]
