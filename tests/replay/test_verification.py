import math

import pytest

from ssetape.format.values import Headers, Response
from ssetape.replay.response_reader import Head
from ssetape.replay.verification import Verification


def test_percentiles_are_of_the_errors_in_order() -> None:
    found = Verification()
    assert math.isnan(found.percentile_ms(50))
    found.errors_ms.extend([3.0, 1.0, 2.0, 4.0])
    assert [found.percentile_ms(percent) for percent in (0, 50, 90, 100)] == [1, 2.5, 3.7, 4]


@pytest.mark.parametrize(
    ("recorded", "came", "is_equal"),
    [
        ([("A", "1")], [("A", "1")], True),
        ([("A", "1")], [("a", "1")], False),
        ([("A", "1")], [("A", "2")], False),
        ([("A", "1"), ("B", "2")], [("B", "2"), ("A", "1")], False),
        ([("A", " 1\t")], [("A", "1")], True),
        ([("A", "1\r\n 2\0")], [("A", "1 2")], True),
        ([("Connection", "X-Hop"), ("X-Hop", "1")], [("Connection", "close")], True),
        ([("Content-Length", "1")], [("Transfer-Encoding", "chunked")], True),
        ([("Transfer-Encoding", "gzip, chunked")], [("Content-Encoding", "gzip")], True),
        ([("X-Own", "1")], [("X-Own", "2")], True),
    ],
)
def test_heads_are_compared_as_they_have_to_be_sent(
    recorded: Headers, came: Headers, is_equal: bool
) -> None:
    found = Verification()
    head = Response(0.0, 200, "OK", "HTTP/1.1", recorded)
    found.compare_heads(head, Head(200, "OK", came), frozenset({"x-own"}))
    assert found.headers_equal == is_equal == (not found.differences)


def test_status_reason_and_no_head_at_all_are_told() -> None:
    recorded = Response(0.0, 200, "OK", "HTTP/1.1", [])
    for came, told in [
        (Head(404, "Not Found", []), "status: recorded 200, replayed 404"),
        (Head(200, "Yes", []), "reason: recorded 'OK', replayed 'Yes'"),
        (None, "status: recorded 200, replayed None"),
    ]:
        found = Verification()
        found.compare_heads(recorded, came)
        assert (found.headers_equal, found.differences) == (False, [told])


def test_what_came_early_is_counted() -> None:
    found = Verification()
    found.count_early("chunks")
    assert found.differences == []
    found.errors_ms.extend([0.0, -0.1, 2.0, -3.0])
    found.count_early("chunks")
    assert found.differences == ["time: 2 chunks arrived before they were due"]
