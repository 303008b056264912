from hypothesis import given
from hypothesis import strategies as st

from ssetape.requests.multipart import BodyPart, body_parts, boundary_of

BODY = (
    b"--x y\r\n"
    b'Content-Disposition: form-data; name="a"\r\n\r\n'
    b"one\r\n--x yz\r\n\r\n--x y \r\n"
    b"Content-Type: text/plain;\r\n charset=utf-8\r\n\r\n\r\n--x y--\r\nepilogue"
)


def test_parts_have_headers_and_bytes() -> None:
    boundary = boundary_of(BODY)
    assert boundary == b"x y"
    assert body_parts(BODY, boundary) == [
        BodyPart([("Content-Disposition", 'form-data; name="a"')], b"one\r\n--x yz\r\n"),
        BodyPart([("Content-Type", "text/plain; charset=utf-8")], b""),
    ]


def test_line_feeds_alone_do() -> None:
    body = BODY.replace(b"\r\n", b"\n")
    found = body_parts(body, b"x y")
    assert found is not None
    assert found[0].data == b"one\n--x yz\n"


def test_a_part_may_have_no_headers() -> None:
    assert body_parts(b"--b\r\n\r\ntext\r\n--b--", b"b") == [BodyPart([], b"text")]


def test_what_is_not_split_is_none() -> None:
    assert boundary_of(b"words") is None
    assert boundary_of(b"--words\r\nand more") is None
    assert body_parts(b"--b\r\n\r\ntext", b"b") is None


@given(body=st.binary(), boundary=st.binary(min_size=1))
def test_any_bytes_raise_nothing(body: bytes, boundary: bytes) -> None:
    boundary_of(b"--" + body)
    body_parts(body, boundary)
    body_parts(b"--" + boundary + b"\r\n" + body + b"\r\n--" + boundary, boundary)
