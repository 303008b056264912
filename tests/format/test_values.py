import dataclasses

import pytest

from ssetape.format.values import (
    FORMAT_VERSION,
    SUFFIX,
    Chunk,
    End,
    Request,
    Response,
    header_values,
)


def test_header_values_are_found_in_any_case_and_in_order() -> None:
    headers = [("A", "1"), ("b", "2"), ("a", "3"), ("aa", "4")]
    assert header_values(headers, "a") == ["1", "3"]
    assert header_values(headers, "c") == []


def test_records_are_values() -> None:
    request = Request("GET", "http://x/", "HTTP/1.1", [])
    assert request == Request("GET", "http://x/", "HTTP/1.1", [])
    assert (request.body, request.masked_headers, request.masked_query) == (None, (), ())
    for value in (request, Response(0.0, 200, "OK", "HTTP/1.1", []), End(0.0, "complete")):
        field = dataclasses.fields(value)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field, 1)


def test_the_server_sent_what_holds_and_what_was_decoded() -> None:
    response = Response(0.0, 200, "", "", [("a", "b")], decoded_headers=[("content-length", "3")])
    assert response.sent_headers == [("a", "b"), ("content-length", "3")]
    assert Response(0.0, 200, "", "", [("a", "b")]).sent_headers == [("a", "b")]


def test_an_end_need_not_know_its_totals() -> None:
    end = End(1.5, "complete")
    assert (end.error, end.chunks, end.size_bytes) == (None, None, None)


def test_a_chunk_is_a_time_and_bytes() -> None:
    t_s, data = Chunk(0.5, b"x")
    assert (t_s, data) == (0.5, b"x")


def test_the_format_is_version_1_in_files_of_its_own_name() -> None:
    # Both are the contract with files that exist already.
    assert (FORMAT_VERSION, SUFFIX) == (1, ".ssetape")
