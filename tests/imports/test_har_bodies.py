import base64
import gzip
import json
from typing import Any

import pytest

from ssetape.errors import SourceError
from ssetape.imports._har_bodies import request_body, response_body

PACKED = gzip.compress(b"data: x\n\n", mtime=0)
BASE64 = base64.b64encode(PACKED).decode()
CHUNKS = [base64.b64encode(part).decode() for part in (PACKED[:9], PACKED[9:])]


def beside(name: str) -> bytes | None:
    return {"a.txt": b"body", "resources/b.txt": b"trace"}.get(name)


@pytest.mark.parametrize(
    ("content", "data", "is_text"),
    [
        ({"text": "é"}, b"\xc3\xa9", True),
        ({"text": "", "size": 0}, b"", True),
        ("text", b"text", True),
        ({"text": BASE64, "encoding": "base64"}, PACKED, False),
        ({"_file": "a.txt", "size": 4}, b"body", False),
        ({"_file": "a.txt", "text": ""}, b"body", False),
        ({"_sha1": "b.txt"}, b"trace", False),
        # Polly.js: chunks of a compressed body, in base64 or, before 5.0, in hexadecimal
        ({"text": json.dumps(CHUNKS), "encoding": "base64", "_isBinary": True}, PACKED, False),
        ({"text": json.dumps([PACKED.hex()]), "_isBinary": True}, PACKED, False),
        ({"text": PACKED.hex(), "_isBinary": True}, PACKED, False),
        # parts
        ({"text": ["da", "ta"]}, b"data", True),
        ([{"text": "da"}, {"_file": "a.txt"}], b"dabody", True),
    ],
)
def test_a_body_is_found_in_every_form(content: Any, data: bytes, is_text: bool) -> None:
    body = response_body(content, beside, "x")
    assert (body.data, body.is_text, body.missing) == (data, is_text, "")


@pytest.mark.parametrize("content", [None, {}, {"size": 5}, {"text": "", "size": 5}, []])
def test_a_body_that_is_not_there_is_missing(content: Any) -> None:
    body = response_body(content, beside, "x")
    assert body.data is None
    assert body.missing


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(SourceError, match=r"in the file 'gone\.txt', which is not beside"):
        response_body({"_file": "gone.txt"}, beside, "x")


FORM = [{"name": "q", "value": "a b"}, {"name": "f", "value": "x", "fileName": "f.txt"}]


@pytest.mark.parametrize(
    ("post", "data"),
    [
        (None, None),
        ({"text": ""}, None),
        ("text", b"text"),
        ({"text": "a=1", "params": FORM}, b"a=1"),
        ({"text": "YQ==", "encoding": "base64"}, b"a"),
        ({"_file": "a.txt", "text": "", "params": FORM}, b"body"),
        ({"textJSON": {"a": "é"}}, b'{"a":"\xc3\xa9"}'),
        ({"mimeType": "application/x-www-form-urlencoded", "params": FORM}, b"q=a+b&f=x"),
    ],
)
def test_a_request_has_its_body_in_every_form(post: Any, data: bytes | None) -> None:
    assert request_body(post, [], beside, "x")[0] == data


def test_a_form_in_parts_has_the_boundary_of_its_request() -> None:
    headers = [("content-type", "multipart/form-data; boundary=XX")]
    body, notes = request_body({"params": FORM}, headers, beside, "x")
    assert body == (
        b'--XX\r\nContent-Disposition: form-data; name="q"\r\n\r\na b\r\n'
        b'--XX\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nx\r\n--XX--\r\n'
    )
    assert "rebuilt" in notes[0]


def test_a_request_whose_file_is_not_there_has_a_note() -> None:
    body, notes = request_body({"_file": "gone.txt"}, [], beside, "x")
    assert body is None
    assert "gone.txt" in notes[0]


@pytest.mark.parametrize("depth", [2, 900])
def test_parts_of_parts_are_refused(depth: int) -> None:
    content: Any = "x"
    for _ in range(depth):
        content = [content]
    for whole in (content, {"text": content}):
        with pytest.raises(SourceError):
            response_body(whole, beside, "x")


def test_json_that_is_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(SourceError):
        request_body({"textJSON": deep}, [], beside, "x")
