from collections.abc import Iterable

import pytest

from ssetape.format import sendable
from ssetape.format.codings import codings
from ssetape.format.decode import HEADERS_LIMIT
from ssetape.format.values import Headers, Request, Response


def response(headers: Iterable[tuple[str, str]], status: int = 200, reason: str = "OK") -> Response:
    return Response(0.0, status, reason, "HTTP/1.1", list(headers))


# --- what is read as something else ----------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ("one\r\n two", "one two"),
        ("one \t\r\n\t two\r\n three", "one two three"),
        ("one\n two", "one two"),
        ("one\r\n ", "one "),
        ("a\0b", "a b"),
        ("a\rb\r", "a b "),
        ("a\x0b\x01\x7f\xff", "a\x0b\x01\x7f\xff"),
        ("", ""),
    ],
)
def test_a_value_is_sent_as_it_has_to_be_read(recorded: str, sent: str) -> None:
    assert sendable.value(recorded) == sent
    mended = sendable.response(response([("a", recorded)], reason=recorded))
    assert mended.headers == [("a", sent)]
    assert mended.reason == sent
    assert sendable.problem(mended) is None


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        (
            [("A", "1"), ("Transfer-Encoding", "gzip, chunked"), ("B", "2")],
            [
                ("A", "1"),
                ("Content-Encoding", "gzip"),
                ("Transfer-Encoding", "chunked"),
                ("B", "2"),
            ],
        ),
        (
            [("content-encoding", "br"), ("transfer-encoding", "deflate")],
            [("Content-Encoding", "br, deflate"), ("transfer-encoding", "chunked")],
        ),
        ([("transfer-encoding", "chunked")], [("transfer-encoding", "chunked")]),
        ([("content-encoding", "gzip")], [("content-encoding", "gzip")]),
    ],
)
def test_transfer_codings_become_content_codings(recorded: Headers, sent: Headers) -> None:
    mended = sendable.response(response(recorded))
    assert mended.headers == sent
    assert codings(mended.headers) == codings(recorded)
    assert sendable.response(mended) == mended


# --- what must not go on the wire ------------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded", "evidence"),
    [
        (response([("a", "b\r\nc: d")]), "header 'a' is not legal in HTTP: its value has '\\r'"),
        (response([("a", "b\nc")]), "header 'a'"),
        (response([("a", "b\r\r\nc: d")]), "header 'a'"),
        (response([("a", "b\r\n c\r\n\r\nd")]), "header 'a'"),
        (response([("a", "€")]), "header 'a' is not legal in HTTP: its value has '€'"),
        (response([("a\r\nb", "c")]), "header 'a\\r\\nb'"),
        (response([("a b", "c")]), "header 'a b'"),
        (response([("a:", "c")]), "header 'a:'"),
        (response([("", "c")]), "header ''"),
        (response([("é", "c")]), "header 'é'"),
        (response([], reason="OK\r\nX: y"), "reason phrase 'OK\\r\\nX: y' is not legal"),
        (response([], reason="\u65e5\u672c"), "reason phrase"),
        (response([], status=101), "status 101 does not belong to a final response"),
        (response([], status=0), "status 0"),
        (response([], status=-200), "status -200"),
        (response([], status=1000), "status 1000"),
        (response([], status=10**30), "status 1000"),
        (response([("a", "b")] * (HEADERS_LIMIT + 1)), "10001 headers, more than 10000"),
    ],
)
def test_what_could_write_a_second_response_is_refused(recorded: Response, evidence: str) -> None:
    problem = sendable.problem(sendable.response(recorded))
    assert problem is not None
    assert evidence in problem


def test_what_is_legal_passes() -> None:
    odd = response([("a", ""), ("!#$%&'*+.^_`|~1-", "\xff\t ")], 999, "\xe9\t")
    assert sendable.problem(odd) is None
    assert sendable.problem(response([], 101), is_websocket=True) is None


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        ("GET", None),
        ("get", None),
        ("M-SEARCH", None),
        ("CONNECT", "it asks for a tunnel (CONNECT)"),
        ("G@T", "method 'G@T' is not legal in HTTP"),
        ("", "method '' is not legal in HTTP"),
    ],
)
def test_a_request_has_to_be_one_that_clients_can_send(method: str, problem: str | None) -> None:
    asked = Request(method, "http://origin.test/", "HTTP/1.1", [])
    assert sendable.request_problem(asked) == problem
