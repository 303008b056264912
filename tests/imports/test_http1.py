from ssetape.imports._http1 import read_head, split_head, unframed, version_of

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_head_ends_at_the_first_empty_line() -> None:
    assert split_head(b"a\r\n\r\nb\n\nc") == (b"a\r\n\r\n", b"b\n\nc")
    assert split_head(b"a\n\nb") == (b"a\n\n", b"b")
    assert split_head(b"a\r\n") is None


def test_a_head_is_its_first_line_and_its_headers() -> None:
    head = b"HTTP/1.1 200 OK\r\nA: 1\r\nB : x\r\n  folded\r\njunk\r\n\r\n"
    assert read_head(head) == ("HTTP/1.1 200 OK", [("A", "1"), ("B", "x folded")])


def test_framing_is_undone_and_each_piece_keeps_its_time() -> None:
    pieces = [(0.1, b"3\r\nabc\r\n"), (0.2, b"1\r\nd\r\n0\r\n\r\n")]
    assert unframed(HEAD, "GET", pieces) == ([(0.1, b"abc"), (0.2, b"d")], True)
    assert unframed(HEAD, "GET", pieces[:1]) == ([(0.1, b"abc")], False)


def test_a_body_that_is_not_framed_stays_as_it_is() -> None:
    assert unframed(HEAD, "GET", [(0.1, b"data: x\n\n")]) == ([(0.1, b"data: x\n\n")], True)


def test_versions_are_called_as_in_captures() -> None:
    assert [version_of(each) for each in ("HTTP/2", "HTTP/1.1")] == ["HTTP/2.0", "HTTP/1.1"]


def test_a_method_may_be_anything() -> None:
    for method in ("\x80", "", "a b"):
        assert unframed(HEAD, method, [(0.1, b"0\r\n\r\n")]) == ([], True)
    assert unframed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", []) == ([], True)
