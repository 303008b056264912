import gzip
import json
import zlib
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import Headers, Request
from ssetape.requests.content import READ_LIMIT_BYTES, Kind, content_of, request_text, undone

JSON: Headers = [("Content-Type", "application/json")]
FORM: Headers = [("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")]


def meaning(body: bytes, label: str | None = None) -> tuple[Kind, Any]:
    content = content_of([("Content-Type", label)] if label else [], body)
    return content.kind, content.value


def multipart(boundary: str, *parts: tuple[str, bytes]) -> bytes:
    pieces = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + b"\r\n" for head, data in parts]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


FIELD = 'Content-Disposition: form-data; name="a"'
FILE = 'Content-Disposition: form-data; name="f"; filename="x.bin"'


@pytest.mark.parametrize("label", [None, "application/json", "text/plain", FORM[0][1]])
def test_json_is_json_whatever_its_label(label: str | None) -> None:
    assert meaning(b'{"a": 1.0}', label) == (Kind.JSON, {"a": 1})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_bytes_of_json_may_be_any_unicode(encoding: str) -> None:
    assert meaning('{"a":"é"}'.encode(encoding), "application/json") == (Kind.JSON, {"a": "é"})


@pytest.mark.parametrize(
    ("body", "label", "expected"),
    [
        (b'{"a":1}\n{"b":2}\n', None, (Kind.JSON_LINES, [{"a": 1}, {"b": 2}])),
        (b'\x1e{"a":1}\n\x1e{"b":2}\n', None, (Kind.JSON_LINES, [{"a": 1}, {"b": 2}])),
        (b"1\r\n\r\n2", "application/x-ndjson", (Kind.JSON_LINES, [1, 2])),
        (b"a=1&b=%C3%A9+x&a=2", None, (Kind.FORM, {"a": ["1", "2"], "b": "é x"})),
        (b"a=%7B%22x%22:%201.0%7D", FORM[0][1], (Kind.FORM, {"a": '{"x":1}'})),
        (b"two\r\nlines", "text/plain", (Kind.TEXT, "two\nlines")),
        (b"caf\xe9", "text/plain; charset=latin-1", (Kind.TEXT, "café")),
        (b"\xef\xbb\xbf<a/>", "application/xml", (Kind.TEXT, "<a/>")),
        (b"\xff\0\1", None, (Kind.BYTES, b"\xff\0\1")),
        (b"\xff\xfe\0\1", "image/png", (Kind.BYTES, b"\xff\xfe\0\1")),
        (b"x", "text/plain; charset=hex", (Kind.TEXT, "x")),
        (b"", None, (Kind.TEXT, "")),
    ],
)
def test_a_body_is_read_by_its_type(body: bytes, label: str | None, expected: object) -> None:
    assert meaning(body, label) == expected


def test_graphql_is_its_query_and_variables() -> None:
    query = {"query": "query { a, b }", "variables": None}
    expected = (Kind.JSON, {"query": "query { a b }", "variables": {}})
    assert meaning(json.dumps(query).encode()) == expected
    assert meaning(b"query{a b}", "application/graphql") == expected


def test_a_form_of_parts_is_the_same_with_any_boundary_and_order() -> None:
    parts = [(FIELD, b"one"), (f"{FILE}\r\nContent-Type: application/octet-stream", b"\xff\0")]
    one = meaning(multipart("x", *parts), "multipart/form-data; boundary=x")
    bare = FILE.replace('"', "").replace("Content-Disposition", "content-disposition")
    other = meaning(multipart("yy", (bare, b"\xff\0"), (FIELD, b"one")), "multipart/form-data")
    assert one == other
    assert one[0] is Kind.MULTIPART
    assert one[1]["a"] == "one"
    assert one[1]["f"]["filename"] == "x.bin"
    changed = multipart("x", parts[0], (parts[1][0], b"\xff\1"))
    assert meaning(changed, "multipart/form-data; boundary=x") != one
    assert meaning(multipart("z", *parts)) == one


def test_parts_that_are_json_are_json_and_fields_are_not() -> None:
    head = f"{FIELD}\r\nContent-Type: application/json"
    one, other = multipart("x", (head, b'{"a": 1.0}')), multipart("x", (head, b'{"a":1}'))
    assert meaning(one) == meaning(other)
    one, other = multipart("x", (FIELD, b"1.0")), multipart("x", (FIELD, b"1"))
    assert meaning(one) != meaning(other)
    coded = f"{FIELD}\r\nContent-Transfer-Encoding: base64"
    assert meaning(multipart("x", (coded, b"b25l"))) == meaning(multipart("x", (FIELD, b"one")))


@pytest.mark.parametrize("name", ["multipart/mixed", "multipart/related"])
def test_the_order_of_other_parts_counts(name: str) -> None:
    one, other = multipart("x", (FIELD, b"1"), (FIELD, b"2")), multipart("x", (FIELD, b"2"))
    assert meaning(one, f"{name}; boundary=x") == (Kind.MULTIPART, ["1", "2"])
    assert meaning(other, f"{name}; boundary=x") == (Kind.MULTIPART, ["2"])


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b'{"a":1}', mtime=0)),
        ("deflate", zlib.compress(b'{"a":1}')),
        ("BR", brotli.compress(b'{"a":1}')),
        ("deflate, gzip", gzip.compress(zlib.compress(b'{"a":1}'), mtime=0)),
        ("identity", b'{"a":1}'),
        ("utf-8", b'{"a":1}'),
        ("gzip", b'{"a":1}'),
        ("compress", b'{"a":1}'),
    ],
)
def test_content_encoding_is_undone(coding: str, body: bytes) -> None:
    headers = [*JSON, ("Content-Encoding", coding)]
    assert content_of(headers, body).value == {"a": 1}
    assert undone(headers, body) == b'{"a":1}'
    request = Request("POST", "http://a/", "HTTP/1.1", headers, body)
    assert request_text(request) == '{"a":1}'


def test_a_bomb_stays_as_it_is() -> None:
    bomb = gzip.compress(bytes(64 << 20), mtime=0)
    assert undone([("content-encoding", "gzip")], bomb) == bomb


def test_a_large_body_is_compared_by_its_bytes() -> None:
    body = b'"' + b"x" * READ_LIMIT_BYTES + b'"'
    assert meaning(body) == (Kind.BYTES, body)


@given(
    body=st.binary(),
    label=st.sampled_from(
        [
            *("", "application/json", "multipart/form-data; boundary=x", "multipart/mixed"),
            *("application/x-www-form-urlencoded", "application/x-ndjson", ";;="),
            "text/plain;charset=utf-16",
        ]
    ),
    start=st.sampled_from([b"", b"--x\r\n", b"{", b"\xff\xfe", b"a=", b"\xef\xbb\xbf"]),
)
def test_any_bytes_raise_nothing(body: bytes, label: str, start: bytes) -> None:
    assert content_of([("content-type", label)], start + body).size_bytes == len(start + body)
    meaning(start + body)
