from collections.abc import Iterable
from dataclasses import replace

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format import sendable
from ssetape.format.values import Headers, Response
from ssetape.replay import body_framing
from ssetape.replay.body_framing import BodyFraming


def response(headers: Iterable[tuple[str, str]], status: int = 200, reason: str = "OK") -> Response:
    return Response(0.0, status, reason, "HTTP/1.1", list(headers))


def head(
    *headers: tuple[str, str], status: int = 200, http_1_0: bool = False, closes: bool = False
) -> body_framing.Head:
    return body_framing.head(response(headers, status), http_1_0=http_1_0, client_closes=closes)


def sent(wire: body_framing.Head) -> list[tuple[str, str]]:
    status_line, *lines = wire.wire.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    assert status_line.startswith("HTTP/1.1 ")
    return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]


# --- heads -----------------------------------------------------------------------------------


def test_a_head_is_what_was_recorded() -> None:
    headers = [("Content-Type", "text/event-stream"), ("x-B", " odd  \xff\t"), ("X-b", "")]
    wire = body_framing.head(
        response(headers, 201, "So it is"), http_1_0=False, client_closes=False
    )
    assert wire.wire == (
        b"HTTP/1.1 201 So it is\r\nContent-Type: text/event-stream\r\nx-B:  odd  \xff\t\r\n"
        b"X-b: \r\ntransfer-encoding: chunked\r\n\r\n"
    )
    assert (wire.framing, wire.length_bytes, wire.closes) == (BodyFraming.CHUNKED, None, False)


def test_a_recorded_length_stays() -> None:
    wire = head(("A", "1"), ("Content-Length", "12"), ("B", "2"))
    assert sent(wire) == [("A", "1"), ("Content-Length", "12"), ("B", "2")]
    assert (wire.framing, wire.length_bytes) == (BodyFraming.LENGTH, 12)


@pytest.mark.parametrize("http_1_0", [False, True])
def test_what_no_longer_holds_is_not_sent(http_1_0: bool) -> None:
    coding = [("content-encoding", "br"), ("content-length", "9")]
    decoded = replace(response([("A", "1")]), decoded_headers=coding)
    wire = body_framing.head(decoded, http_1_0=http_1_0, client_closes=False)
    assert not {name for name, _ in sent(wire)} & {"content-encoding", "content-length"}
    assert wire.framing is (BodyFraming.CLOSE if http_1_0 else BodyFraming.CHUNKED)
    bare, headers = body_framing.bare_head(decoded)
    assert (bare.framing, bare.length_bytes) == (BodyFraming.CLOSE, None)
    assert headers == [("a", "1")]


def test_chunked_keeps_its_place_and_spelling() -> None:
    wire = head(("A", "1"), ("Transfer-Encoding", "chunked"), ("B", "2"))
    assert sent(wire) == [("A", "1"), ("Transfer-Encoding", "chunked"), ("B", "2")]


def test_another_transfer_coding_is_not_sent_as_one() -> None:
    """It is a Content-Encoding by now: `sendable.response`."""
    wire = head(("Transfer-Encoding", "gzip, chunked"), ("transfer-encoding", "x"))
    assert sent(wire) == [("Transfer-Encoding", "chunked")]


@pytest.mark.parametrize("length", ["x", "-1", "+1", "1.0", "", "1, 1", "9" * 30, "1 2", "\xb2"])
def test_a_length_that_is_none_does_not_count(length: str) -> None:
    wire = head(("Content-Length", length))
    assert sent(wire) == [("transfer-encoding", "chunked")]
    assert wire.length_bytes is None


def test_lengths_that_disagree_do_not_count() -> None:
    wire = head(("Content-Length", "1"), ("Content-Length", "2"))
    assert sent(wire) == [("transfer-encoding", "chunked")]
    assert head(("Content-Length", "1"), ("content-length", "1")).length_bytes == 1


def test_a_length_beside_a_transfer_coding_does_not_count() -> None:
    wire = head(("Content-Length", "1"), ("Transfer-Encoding", "chunked"))
    assert sent(wire) == [("Transfer-Encoding", "chunked")]


def test_what_speaks_of_another_connection_is_left_out() -> None:
    wire = head(
        ("Connection", "keep-alive, X-Hop"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "x"),
        ("TE", "trailers"),
        ("Upgrade", "h2c"),
        ("x-hop", "1"),
        ("Trailer", "T"),
        ("X", "1"),
    )
    assert sent(wire) == [("Trailer", "T"), ("X", "1"), ("transfer-encoding", "chunked")]


def test_a_length_that_frames_the_body_is_sent_whatever_connection_says() -> None:
    wire = head(("Connection", "Content-Length"), ("Content-Length", "5"))
    assert (wire.framing is BodyFraming.LENGTH) == (("Content-Length", "5") in sent(wire))


def test_a_client_of_http_1_0_gets_no_chunks() -> None:
    wire = head(("Transfer-Encoding", "chunked"), ("A", "1"), http_1_0=True)
    assert sent(wire) == [("A", "1"), ("connection", "close")]
    assert (wire.framing, wire.closes) == (BodyFraming.CLOSE, True)


def test_a_client_of_http_1_0_gets_a_length_where_there_is_one() -> None:
    wire = head(("Content-Length", "5"), http_1_0=True)
    assert sent(wire) == [("Content-Length", "5"), ("connection", "close")]
    assert (wire.framing, wire.length_bytes, wire.closes) == (BodyFraming.LENGTH, 5, True)


def test_a_client_that_closes_is_told_so() -> None:
    wire = head(closes=True)
    assert sent(wire) == [("transfer-encoding", "chunked"), ("connection", "close")]
    assert wire.closes


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_no_framing(status: int) -> None:
    wire = head(("X", "1"), ("Transfer-Encoding", "chunked"), status=status)
    assert sent(wire) == [("X", "1")]
    assert (wire.framing, wire.length_bytes, wire.closes) == (BodyFraming.NONE, None, False)
    assert body_framing.chunk(wire.framing, b"data") == b""


def test_an_answer_to_head_has_no_framing_but_keeps_its_length() -> None:
    recorded = response([("Content-Length", "5"), ("Transfer-Encoding", "x")])
    wire = body_framing.head(recorded, http_1_0=False, client_closes=False, no_body=True)
    assert sent(wire) == [("Content-Length", "5")]
    assert (wire.framing, wire.closes) == (BodyFraming.NONE, False)


TOKEN = st.text("!#$%&'*+.^_`|~0aZ-", min_size=1, max_size=8)
NAMES = TOKEN | st.sampled_from(["Content-Length", "content-length", "Transfer-Encoding"])
VALUES = st.text(
    st.characters(max_codepoint=255, exclude_characters="\0\r\n"), max_size=10
) | st.sampled_from(["0", "5", "chunked"])


@given(
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=6),
    status=st.sampled_from([200, 204, 304, 404, 599]),
    http_1_0=st.booleans(),
    closes=st.booleans(),
)
def test_any_head_that_passes_is_one_response_to_another_parser(
    headers: Headers, status: int, http_1_0: bool, closes: bool
) -> None:
    recorded = response(headers, status)
    assert sendable.problem(recorded) is None
    wire = body_framing.head(recorded, http_1_0=http_1_0, client_closes=closes)
    # h11 refuses what RFC 9110 does not allow in values; bytes like it the wire carries anyway.
    allowed = all((c >= " " and c != "\x7f") or c == "\t" for _, value in headers for c in value)
    lines = wire.wire.split(b"\r\n")
    assert lines[-2:] == [b"", b""]
    assert all(b":" in line for line in lines[1:-2])
    names = [line.partition(b":")[0].lower() for line in lines[1:-2]]
    assert (b"transfer-encoding" in names) == (wire.framing is BodyFraming.CHUNKED)
    assert (b"content-length" in names) or wire.framing is not BodyFraming.LENGTH
    if not allowed or (wire.framing is BodyFraming.NONE and b"content-length" in names):
        return  # a length that frames nothing is passed on as it was, sense or none
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    reader.receive_data(wire.wire)
    event = reader.next_event()
    assert isinstance(event, h11.Response)
    assert event.status_code == status


# --- chunks and the end ----------------------------------------------------------------------


def test_a_chunk_is_framed_alone() -> None:
    assert body_framing.chunk(BodyFraming.CHUNKED, b"x" * 255) == b"ff\r\n" + b"x" * 255 + b"\r\n"
    assert body_framing.chunk(BodyFraming.LENGTH, b"x\0") == b"x\0"
    assert body_framing.chunk(BodyFraming.CLOSE, b"x\0") == b"x\0"


def test_a_chunk_of_no_bytes_is_nothing_on_the_wire() -> None:
    # "0" would be the end of the body, and what follows another response.
    for how in BodyFraming:
        assert body_framing.chunk(how, b"") == b""


def test_the_end_carries_the_trailers() -> None:
    assert body_framing.last(BodyFraming.CHUNKED, []) == b"0\r\n\r\n"
    assert (
        body_framing.last(BodyFraming.CHUNKED, [("A", "1"), ("b", "\xff")])
        == b"0\r\nA: 1\r\nb: \xff\r\n\r\n"
    )


def test_trailers_that_are_not_legal_are_left_out() -> None:
    trailers = [("a", "1\r\nb: 2"), ("a b", "1"), ("a", "€"), ("", "1"), ("good", "1")]
    assert body_framing.last(BodyFraming.CHUNKED, trailers) == b"0\r\ngood: 1\r\n\r\n"


def test_a_folded_trailer_is_one_line() -> None:
    wire = body_framing.last(BodyFraming.CHUNKED, [("a", "1\r\n 2\0")])
    assert wire == b"0\r\na: 1 2 \r\n\r\n"


def test_a_head_is_made_once_for_a_response_and_a_way_of_asking() -> None:
    one = response([("a", "1")])
    other = replace(one, headers=[("a", "2")])
    made = [
        body_framing.head(each, http_1_0=False, client_closes=closes)
        for each in (one, other)
        for closes in (False, True, False)
    ]
    assert made[0] is made[2]
    assert made[3] is made[5]
    assert len({each.wire for each in made}) == 4
