from typing import Any

import h11
import pytest

from ssetape.replay.wire.http1_request import Http1Head, Http1Request


def request(*headers: tuple[str, str], method: str = "GET", version: str = "1.1") -> Http1Head:
    given = [("Host", "a.test"), *headers]
    return Http1Head.of(
        h11.Request(method=method, target="/a?b", headers=given, http_version=version)
    )


@pytest.mark.parametrize(
    ("headers", "version", "closes"),
    [
        ([], "1.1", False),
        ([], "1.0", True),
        ([("Connection", "keep-alive")], "1.0", True),
        ([("Connection", "x, Close")], "1.1", True),
        ([("Connection", "x")], "1.1", False),
    ],
)
def test_some_clients_leave_after_an_answer(
    headers: list[tuple[str, str]], version: str, closes: bool
) -> None:
    assert request(*headers, version=version).closes is closes


def test_an_answer_to_head_has_no_body() -> None:
    assert request(method="HEAD").wants_no_body
    assert not request().wants_no_body


def test_what_it_asks_for_is_as_it_was_sent() -> None:
    header: Any = ("X-A", "caf\xe9".encode("latin-1"))
    received = Http1Request(request(header, method="PUT"))
    assert received.asked().body == b""
    received.body += b"on"
    received.body += b"e"
    asked = received.asked()
    assert (asked.method, asked.target, asked.body) == ("PUT", "/a?b", b"one")
    assert asked.headers == [("Host", "a.test"), ("X-A", "caf\xe9")]
