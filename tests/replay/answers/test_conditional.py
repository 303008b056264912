import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Headers
from ssetape.replay.answers.conditional import is_unchanged, not_modified
from ssetape.replay.exchange import ClientRequest

RESPONSE = [
    ("ETag", 'W/"a1"'),
    ("Last-Modified", "Mon, 23 Nov 2026 09:30:12 GMT"),
    ("Content-Type", "text/css"),
    ("Content-Length", "5"),
    ("Cache-Control", "max-age=60"),
]


def asks(method: str, headers: Headers) -> ClientRequest:
    return ClientRequest(method, "/", headers)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], False),
        ([("If-None-Match", '"a1"')], True),
        ([("if-none-match", '"x", W/"a1"')], True),
        ([("If-None-Match", "*")], True),
        ([("If-None-Match", '"b"')], False),
        ([("If-Modified-Since", "Mon, 23 Nov 2026 09:30:12 GMT")], True),
        ([("If-Modified-Since", "Mon, 23 Nov 2026 09:30:11 GMT")], False),
        ([("If-Modified-Since", "yesterday")], False),
        # The tag counts alone: RFC 9110, section 13.1.3.
        ([("If-None-Match", '"b"'), ("If-Modified-Since", "Mon, 23 Nov 2026 09:30:12 GMT")], False),
    ],
)
def test_a_client_that_has_it_is_told_so(asked: Headers, expected: bool) -> None:
    assert is_unchanged(asks("GET", asked), 200, RESPONSE) is expected
    assert is_unchanged(asks("HEAD", asked), 200, RESPONSE) is expected
    assert not is_unchanged(asks("POST", asked), 200, RESPONSE)
    assert not is_unchanged(asks("GET", asked), 404, RESPONSE)


def test_what_has_neither_tag_nor_date_is_sent() -> None:
    assert not is_unchanged(asks("GET", [("If-None-Match", "*")]), 200, RESPONSE[2:])
    assert not is_unchanged(asks("GET", [("If-Modified-Since", RESPONSE[1][1])]), 200, RESPONSE[2:])


def test_a_304_says_nothing_of_a_body() -> None:
    assert [name for name, _ in not_modified(RESPONSE)] == [
        "ETag",
        "Last-Modified",
        "Cache-Control",
    ]


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_values_are_answered(a: str, b: str) -> None:
    is_unchanged(asks("GET", [("if-modified-since", a)]), 200, [("last-modified", b)])
    is_unchanged(asks("GET", [("if-none-match", a)]), 200, [("etag", b)])
