from typing import Any

import pytest
from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from hpack import Encoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame

from ssetape.replay.wire.http2_protocol import ClientLeaving, Http2Protocol, RequestMalformed

FIELDS = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]


class Pair:
    """A server's side, and a client that sends whatever frames it wants."""

    def __init__(self) -> None:
        self.server = Http2Protocol(H2Configuration(client_side=False, header_encoding=None))
        self.client = H2Connection(H2Configuration(client_side=True))
        self.encoder = Encoder()
        self.server.initiate_connection()
        self.client.initiate_connection()
        self.server.receive_data(self.client.data_to_send())
        self.client.receive_data(self.server.data_to_send())

    def send(self, *frames: Frame) -> list[events.Event]:
        return self.server.receive_data(b"".join(frame.serialize() for frame in frames))

    def headers(self, stream_id: int, fields: Any, *flags: str) -> HeadersFrame:
        return HeadersFrame(stream_id, self.encoder.encode(fields), flags=["END_HEADERS", *flags])


# Each with whatever frames come before the one that is malformed.
MALFORMED: dict[str, Any] = {
    "no path": [(FIELDS[:2] + FIELDS[3:], ["END_STREAM"])],
    "CONNECT": [([(":method", "CONNECT"), (":authority", "a:1")], [])],
    "an empty path": [([(":path", "") if f[0] == ":path" else f for f in FIELDS], ["END_STREAM"])],
    "a capital letter": [([*FIELDS, ("X-A", "1")], ["END_STREAM"])],
    "a connection's header": [([*FIELDS, ("connection", "close")], ["END_STREAM"])],
    "NUL": [([*FIELDS, ("x", "a\0b")], ["END_STREAM"])],
    "a pseudo-header at the end": [([*FIELDS[1:], ("x", "1"), FIELDS[0]], ["END_STREAM"])],
    "an unknown pseudo-header": [([*FIELDS, (":x", "1")], ["END_STREAM"])],
    "a length that is none": [([*FIELDS, ("content-length", "x")], [])],
    "another length": [([*FIELDS, ("content-length", "3")], []), (b"abcd", ["END_STREAM"])],
    "trailers in the middle": [(FIELDS, []), ([("x", "1")], [])],
    "a pseudo-header as trailer": [(FIELDS, []), ([(":path", "/")], ["END_STREAM"])],
}


@pytest.mark.parametrize("frames", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_request_ends_its_stream_alone(frames: Any) -> None:
    pair = Pair()
    pair.send(pair.headers(1, FIELDS))  # it goes on
    *before, last = [
        DataFrame(3, what, flags=flags)
        if isinstance(what, bytes)
        else pair.headers(3, what, *flags)
        for what, flags in frames
    ]
    pair.send(*before)
    found = pair.send(last)
    malformed = [event for event in found if isinstance(event, RequestMalformed)]
    if not malformed:
        pytest.skip("this h2 lets it pass")
    assert malformed[0].stream_id == 3
    assert malformed[0].why
    ended = pair.send(DataFrame(1, b"", flags=["END_STREAM"]))
    assert any(isinstance(event, events.StreamEnded) for event in ended)
    pair.server.send_headers(1, [(":status", "200")], end_stream=True)
    sent = pair.server.data_to_send()
    assert b"\0\0\4\3\0\0\0\0\3" + b"\0\0\0\1" in sent  # RST_STREAM, stream 3, PROTOCOL_ERROR
    more = pair.send(pair.headers(5, FIELDS, "END_STREAM"))
    assert any(isinstance(event, events.RequestReceived) for event in more)


def test_a_malformed_body_leaves_the_others_their_window() -> None:
    pair = Pair()
    data = b"x" * 16_000
    for stream_id in range(1, 41, 2):  # five times the connection's window
        pair.send(pair.headers(stream_id, [*FIELDS, ("content-length", "1")]))
        found = pair.send(DataFrame(stream_id, data))
        assert [type(event) for event in found] == [RequestMalformed]
    assert pair.server.inbound_flow_control_window > len(data)


@pytest.mark.parametrize(
    "frame",
    [
        HeadersFrame(3, b"\xff\xff\xff", flags=["END_HEADERS"]),  # no HPACK: nothing is read after
        DataFrame(9, b"a"),  # no such stream
        HeadersFrame(2, b"\x82", flags=["END_HEADERS"]),  # a server's number
    ],
    ids=["hpack", "idle", "number"],
)
def test_what_is_wrong_with_the_connection_ends_it(frame: Frame) -> None:
    pair = Pair()
    pair.send(pair.headers(1, FIELDS))
    with pytest.raises(ProtocolError):
        pair.send(frame)
    assert isinstance(
        pair.client.receive_data(pair.server.data_to_send())[-1], events.ConnectionTerminated
    )


def test_after_goaway_without_an_error_streams_go_on() -> None:
    pair = Pair()
    pair.send(pair.headers(1, FIELDS, "END_STREAM"))
    found = pair.send(GoAwayFrame(0, last_stream_id=0, error_code=0))
    assert [type(event) for event in found] == [ClientLeaving]
    pair.server.send_headers(1, [(":status", "200")])
    pair.server.send_data(1, b"a", end_stream=True)
    (error,) = pair.send(GoAwayFrame(0, last_stream_id=0, error_code=2))
    assert isinstance(error, events.ConnectionTerminated)
    assert error.error_code == ErrorCodes.INTERNAL_ERROR
