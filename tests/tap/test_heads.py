import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.tap import heads


def test_joined_lines_are_lines_again_and_pseudo_headers_are_none() -> None:
    found = {":authority": "a.test", "Set-Cookie": "a=1\nb=2", "x-é": "ü", "x-w": "漢"}
    assert heads.headers(found) == [
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("x-é", "ü"),
        ("x-w", "漢".encode().decode("latin-1")),
    ]


def test_the_text_that_was_sent_has_the_order() -> None:
    text = "HTTP/1.1 200 OK\r\nb: 1\r\nA: x: y\r\nb:2\r\n\r\n"
    assert heads.headers({"a": "x: y", "b": "1\n2"}, text) == [
        ("b", "1"),
        ("A", "x: y"),
        ("b", "2"),
    ]


@pytest.mark.parametrize(
    ("coding", "is_decoded"),
    [
        *((coding, True) for coding in ("gzip", "br", "zstd", "gzip, br", "GZIP")),
        *((coding, False) for coding in ("identity", "", "aws-chunked", "gzip, odd")),
    ],
)
def test_a_coding_that_the_browser_undoes_no_longer_holds(coding: str, is_decoded: bool) -> None:
    received = [("Content-Encoding", coding), ("content-length", "5"), ("x", "y")]
    kept, decoded = heads.undone(received)
    assert (kept, decoded) == (([("x", "y")], received[:2]) if is_decoded else (received, []))


def test_versions_have_the_names_that_captures_use() -> None:
    found = [heads.http_version(name) for name in ("http/1.1", "h2", "h3", "odd", None)]
    assert found == ["HTTP/1.1", "HTTP/2.0", "HTTP/3", "odd", ""]


@given(st.text(max_size=20), st.sampled_from(["utf-8", "", "utf-16-le"]))
def test_a_body_that_was_decoded_as_text_is_bytes_again(text: str, charset: str) -> None:
    data = text.encode(charset or "utf-8")
    reply = {"body": data.decode(charset or "utf-8"), "base64Encoded": False}
    assert heads.response_body(reply, charset, len(data)) == data


# As browsers decode windows-1252, in which Python leaves five bytes out.
WINDOWS_1252 = {n: bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256)}


@given(st.binary(max_size=20), st.sampled_from(["", "utf-8", "iso-8859-1", "shift_jis"]))
def test_bytes_that_were_decoded_for_want_of_a_charset_are_back(data: bytes, said: str) -> None:
    text = "".join(WINDOWS_1252[byte] for byte in data)
    decoded = data.isascii() or said in ("", "iso-8859-1")
    found = heads.response_body({"body": text}, said if decoded else "", len(data))
    assert found == data


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "iso-8859-1", ""])
def test_a_byte_order_mark_counts_more_than_what_is_said(charset: str) -> None:
    for data in ("\ufeffdata: é".encode(), "\ufeffdata: é".encode("utf-16-le")):
        assert heads.response_body({"body": "data: é"}, charset, len(data)) == data


def test_a_byte_order_mark_that_the_browser_dropped_is_back() -> None:
    reply = {"body": "ab", "base64Encoded": False}
    assert heads.response_body(reply, "utf-8", 5) == b"\xef\xbb\xbfab"
    assert heads.response_body(reply, "no such charset", 0) == b"ab"
    assert heads.response_body({"body": "AQI=", "base64Encoded": True}, "", 2) == b"\x01\x02"


def test_a_request_s_body_is_whole_or_asked_for() -> None:
    assert heads.body_in({}) == b""
    entries = [{"bytes": "AQI="}, {"bytes": "Aw=="}]
    assert heads.body_in({"hasPostData": True, "postDataEntries": entries}) == b"\x01\x02\x03"
    assert heads.body_in({"hasPostData": True, "postDataEntries": [*entries, {}]}) is None
    assert heads.body_in({"hasPostData": True}) is None
    assert heads.request_body({"postData": "é"}) == "é".encode()
    assert heads.request_body({"postData": "AQI=", "base64Encoded": True}) == b"\x01\x02"


@given(st.text(max_size=10))
def test_what_is_not_base64_is_a_value_error(text: str) -> None:
    try:
        heads.unbase64(text)
    except ValueError:
        pass
