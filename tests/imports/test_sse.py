import gzip
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import SourceError
from ssetape.imports import sse
from ssetape.imports._exchange import Given

Import = Callable[..., list[Any]]

BODY = b"id: 1\ndata: \xc3\xa9\n\n"
HEAD = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/2 201 \r\nContent-Type: text/event-stream\r\nx: y\r\n"


def test_a_body_is_kept_as_it_is_and_has_no_times(imported: Import) -> None:
    (capture,) = imported(sse, BODY)
    (chunk,) = capture.chunks()
    assert (chunk.t_s, chunk.data) == (0.0, BODY)
    assert capture.request.url == "http://imported.invalid/file.x"
    assert capture.imported["times"] == "none"
    assert capture.imported["bytes"] == "exact"
    assert capture.imported["started"] == "file"
    assert "made from the file's name" in capture.imported["notes"][0]
    (event,) = capture.events()
    assert (event.data, event.id) == ("é", "1")


def test_what_is_given_is_taken(imported: Import) -> None:
    told = Given("https://a.test/b", None, "application/x-ndjson", b"{}")
    (capture,) = imported(sse, b'{"a": 1}\n', told)
    assert (capture.request.method, capture.request.body) == ("POST", b"{}")
    assert capture.request.url == "https://a.test/b"
    assert capture.response.headers == [("content-type", "application/x-ndjson")]
    assert capture.imported.get("notes") is None


def test_a_head_before_the_body_is_taken_for_one(imported: Import) -> None:
    (capture,) = imported(sse, HEAD + b"\r\n" + BODY)
    assert capture.response.status == 201
    assert capture.response.headers == [("Content-Type", "text/event-stream"), ("x", "y")]
    assert [chunk.data for chunk in capture.chunks()] == [BODY]


@pytest.mark.parametrize("coded", [True, False])
def test_a_coding_that_was_undone_is_not_said_of_the_body(coded: bool, imported: Import) -> None:
    body = gzip.compress(BODY) if coded else BODY
    (capture,) = imported(sse, HEAD + b"Content-Encoding: gzip\r\n\r\n" + body)
    names = [name for name, _ in capture.response.headers]
    assert ("Content-Encoding" in names) is coded
    assert capture.imported["bytes"] == ("exact" if coded else "decoded")
    assert [event.data for event in capture.events()] == ["é"]


def test_a_head_without_an_end_is_said() -> None:
    with pytest.raises(SourceError, match="head that does not end"):
        list(sse.read(b"HTTP/1.1 200 OK\r\nx: y\r\n", "x", Given()))


def test_it_is_recognised_by_its_first_field() -> None:
    assert all(sse.recognises(start, "x") for start in (BODY, b": hi\n", b"\n\ndata:x", HEAD))
    assert not any(sse.recognises(start, "x") for start in (b"", b"{}", b"<html>", b"date: x"))


@given(data=st.binary(max_size=200), headed=st.booleans())
def test_whatever_it_is_it_is_kept(data: bytes, headed: bool, hostile: Callable[..., None]) -> None:
    hostile(sse, HEAD + b"Content-Encoding: br\r\n\r\n" + data if headed else data)


def test_of_several_heads_the_last_counts(imported: Callable[..., list[Any]]) -> None:
    heads = b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"
    data = heads + b"HTTP/2 103 \r\n\r\nHTTP/2 201 \r\nx: y\r\n\r\ndata: one\n\n"
    (capture,) = imported(sse, data)
    assert capture.response.status == 201
    assert [event.data for event in capture.events()] == ["one"]


def test_json_lines_are_known_as_such(imported: Callable[..., list[Any]]) -> None:
    (capture,) = imported(sse, b'{"a": 1}\n{"a": 2}\n')
    assert capture.response.headers == [("content-type", "application/x-ndjson")]
    assert sse.recognises(b'{"a": 1}\n{"a": 2}\n', "x")


def test_framing_that_was_left_in_is_undone(imported: Callable[..., list[Any]]) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for body in (b"b\r\ndata: one\n\n\r\n0\r\n\r\n", b"data: one\n\n"):
        (capture,) = imported(sse, head + body)
        assert b"".join(chunk.data for chunk in capture.chunks()) == b"data: one\n\n"
