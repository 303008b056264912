import zlib

from ssetape.imports._body import settle

PLAIN = [("Content-Type", "text/event-stream")]


def test_a_body_that_is_as_its_head_says_is_exact() -> None:
    coded = zlib.compress(b"data: x\n\n")
    headers = [*PLAIN, ("content-encoding", "deflate"), ("content-length", str(len(coded)))]
    assert settle(headers, coded) == (headers, "exact")
    assert settle([*PLAIN, ("Content-Encoding", "identity")], b"x")[1] == "exact"


def test_what_was_decoded_loses_what_was_said_of_it_coded() -> None:
    headers = [*PLAIN, ("Content-Encoding", "gzip"), ("Content-Length", "3")]
    assert settle(headers, b"data: x\n\n") == (PLAIN, "decoded")
    assert settle(headers, b"", decoded=True) == (PLAIN, "decoded")
    coded = [*PLAIN, ("Transfer-Encoding", "gzip, chunked")]
    assert settle(coded, b"data: x\n\n") == (PLAIN, "decoded")
    chunked = [*PLAIN, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    assert settle(chunked, b"data: x\n\n") == ([PLAIN[0], chunked[2]], "decoded")
