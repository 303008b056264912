import gzip
import itertools
import zlib

import brotli
import pytest

from ssetape.format.values import Headers
from ssetape.messages.detection import (
    STREAM_TYPES,
    FirstBytes,
    asks_for_a_stream,
    begins_event_stream,
    is_event_stream,
    is_stream,
    is_worth_a_look,
    media_types,
)

JSON = ("content-type", "application/json")
PLAIN = ("Content-Type", "text/plain; charset=utf-8")


def labelled(value: str) -> Headers:
    return [("Content-Type", value)]


# By their labels


def test_an_event_stream_is_known_among_several_content_types() -> None:
    assert is_event_stream(["text/plain", "TEXT/EVENT-STREAM; x=1"])
    assert not is_event_stream([])
    assert not is_event_stream(["text/plain;text/event-stream"])


@pytest.mark.parametrize("media_type", sorted(STREAM_TYPES))
def test_stream_types_are_streams_in_any_spelling(media_type: str) -> None:
    assert is_stream(labelled(media_type))
    assert is_stream(labelled(f" {media_type.upper()} ;charset=utf-8"))
    assert not is_stream(labelled(f"{media_type}x"))
    assert not is_stream(labelled(f"text/plain; was={media_type}"))


@pytest.mark.parametrize("name", ["X-Vercel-AI-Data-Stream", "x-vercel-ai-ui-message-stream"])
def test_vercel_s_headers_make_any_label_a_stream(name: str) -> None:
    assert is_stream([PLAIN, (name, "v1")])
    assert is_stream([(name, "v1")])
    assert not is_stream([PLAIN, ("x-note", name)])


def test_further_types_are_streams_where_they_match_as_a_whole() -> None:
    assert is_stream(labelled("Audio/MPEG"), ["audio/*"])
    assert is_stream(labelled("multipart/x-mixed-replace; boundary=x"), ["multipart/x-mixed-*"])
    assert not is_stream(labelled("video/audio"), ["audio/*"])
    assert not is_stream(labelled("audio/mpeg"), ["audio/mp"])
    assert not is_stream(labelled("audio/mpeg"))


def test_no_label_is_no_media_type() -> None:
    assert media_types([]) == []
    assert media_types([*labelled("A/B; c=d, e/f"), *labelled("g/h")]) == ["a/b", "e/f", "g/h"]


# What is worth a look


@pytest.mark.parametrize(
    "headers",
    [
        *([], [PLAIN], labelled("application/octet-stream"), labelled("text/plain charset=x")),
        *([PLAIN, ("content-encoding", coding)] for coding in ("gzip", "utf-8", "none")),
    ],
)
def test_vague_labels_are_worth_a_look_if_no_length_is_announced(headers: Headers) -> None:
    assert is_worth_a_look(200, headers, [], None)
    assert not is_worth_a_look(200, [*headers, ("Content-Length", "5")], [], None)
    assert not is_worth_a_look(404, headers, [], None)


@pytest.mark.parametrize("label", ["application/json", "text/html; charset=utf-8"])
def test_labels_that_everything_has_are_only_if_the_request_asks_for_a_stream(label: str) -> None:
    headers = labelled(label)
    assert not is_worth_a_look(200, headers, [], b'{"stream": false}')
    assert is_worth_a_look(200, headers, [], b'{"model": "m", "stream" : true}')
    assert is_worth_a_look(200, headers, [("Accept", "text/event-stream, */*")], None)


@pytest.mark.parametrize(
    "headers",
    [
        labelled("image/png"),
        labelled("application/javascript"),
        [PLAIN, JSON],
        [PLAIN, ("content-encoding", "br")],
        [PLAIN, ("content-encoding", "gzip, gzip")],
    ],
)
def test_what_says_what_it_is_or_cannot_be_read_is_not(headers: Headers) -> None:
    assert not is_worth_a_look(200, headers, [], None)


def test_a_request_asks_by_its_accept_or_by_its_body() -> None:
    assert asks_for_a_stream([("accept", "TEXT/event-stream;q=0.9")], None)
    assert asks_for_a_stream([], b'{"stream":true}')
    assert not asks_for_a_stream([("accept", "*/*")], b'{"stream": "true"}')
    assert not asks_for_a_stream([], b'{"upstream": true}')
    assert not asks_for_a_stream([], b'{"stream": trueish}')
    assert not asks_for_a_stream([], b'{"stream": true}' + b" " * (5 << 20))


# By their first bytes

BEGINNINGS = [b"data: x", b"event: a\n", b"id:1", b"retry: 3", b": hello", b"\n\r\n\ndata:x"]


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_streams_are_known_however_their_first_bytes_are_cut(beginning: bytes, mark: bytes) -> None:
    data = mark + beginning
    assert begins_event_stream(data) is True
    for coded in (data, gzip.compress(data), zlib.compress(data)):
        headers = [("content-encoding", "gzip")] if coded is not data else []
        first = FirstBytes(headers)
        verdicts = [first.feed(coded[at : at + 1]) for at in range(len(coded))]
        known = verdicts.index(True)
        assert set(verdicts[:known]) <= {None}


@pytest.mark.parametrize(
    "data",
    [b"hello", b"{}", b"dat ", b"<html>", b"\xef\xbb\xbf<", b"events: 1", b"\xff\xfe", b" data: x"],
)
def test_anything_else_is_not(data: bytes) -> None:
    assert begins_event_stream(data) is False
    assert FirstBytes([]).feed(data) is False


def test_too_little_is_not_told() -> None:
    for data in (b"", b"\xef", b"\xef\xbb\xbf", b"\n", b"d", b"\xef\xbb\xbfeven"):
        assert begins_event_stream(data) is None
    assert begins_event_stream(b"\n" * 2000) is False


def test_what_unfolds_to_nothing_is_not_waited_for() -> None:
    """Else all of it would be held: empty blocks may go on for ever."""
    first = FirstBytes([("Content-Encoding", "gzip")])
    assert first.feed(zlib.compressobj(wbits=31).flush(zlib.Z_FULL_FLUSH)) is None
    empty = b"\0\0\0\xff\xff" * 1000
    fed = itertools.takewhile(lambda _: first.feed(empty) is None, itertools.count(1))
    assert max(fed) * len(empty) <= 64 * 1024


def test_what_is_not_coded_as_it_says_is_not() -> None:
    assert FirstBytes([("Content-Encoding", "gzip")]).feed(b"data: x\n\n") is False


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (b"model=m&stream=true", True),
        (b"stream=1", True),
        (b"upstream=true", False),
        (b"stream=false&a=true", False),
        (b'--b\r\nContent-Disposition: form-data; name="stream"\r\n\r\ntrue\r\n--b--', True),
        (b'--b\r\nContent-Disposition: form-data; name="stream"\r\n\r\nfalse\r\n--b--', False),
    ],
)
def test_a_form_may_ask_for_a_stream(body: bytes, asks: bool) -> None:
    assert asks_for_a_stream([], body) is asks


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_request_asks_for_a_stream_under_any_coding(coding: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[coding]
    headers = [("Content-Encoding", coding)]
    assert asks_for_a_stream(headers, pack(b'{"stream": true}'))
    assert not asks_for_a_stream(headers, pack(b'{"stream": false}'))
    assert asks_for_a_stream(headers, b'{"stream": true}')  # labelled, but not encoded
    assert not asks_for_a_stream(headers, pack(bytes(64 << 20)))
