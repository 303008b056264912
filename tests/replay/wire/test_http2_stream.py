from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection

from ssetape.replay.wire.http2_stream import Channel


class Peer:
    """A connection that keeps what is sent."""

    def __init__(self) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=False))
        self.h2.initiate_connection()
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        client.send_headers(1, [(":method", "GET"), (":path", "/"), (":scheme", "http"),
                                (":authority", "a")], end_stream=True)  # fmt: skip
        self.h2.receive_data(client.data_to_send())
        client.receive_data(self.h2.data_to_send())
        self.client = client
        self.is_full = False
        self.forgotten: list[int] = []
        self.sent: list[Any] = []

    def send(self) -> None:
        self.sent += self.client.receive_data(self.h2.data_to_send())

    def do(self, what: str, *arguments: Any) -> None:
        getattr(self.h2, what)(*arguments)
        self.send()

    def note_frame(self) -> None:
        pass

    def forget(self, stream_id: int) -> None:
        self.forgotten.append(stream_id)


def names(peer: Peer) -> list[str]:
    found = [type(event).__name__ for event in peer.sent]
    return [name for name in found if name != "SettingsAcknowledged"]


def test_the_head_goes_first_then_each_chunk() -> None:
    peer = Peer()
    channel = Channel(peer, 1, 200, [("a", "b")])
    channel.write(b"")
    channel.write(b"one")
    channel.write(b"")
    channel.write(b"two")
    channel.complete()
    assert names(peer) == [
        "ResponseReceived",
        "DataReceived",
        "DataReceived",
        "DataReceived",
        "StreamEnded",
    ]
    assert peer.forgotten == [1]


def test_closing_it_is_a_reset() -> None:
    peer = Peer()
    channel = Channel(peer, 1, 200, [])
    channel.write(b"")
    channel.write(b"one")
    channel.close()
    assert names(peer) == ["ResponseReceived", "DataReceived", "StreamReset"]
    assert channel.get_extra_info("socket") is None


def test_of_a_stream_that_is_over_nothing_more_is_sent() -> None:
    peer = Peer()
    channel = Channel(peer, 1, 200, [])
    channel.write(b"")
    peer.client.reset_stream(1)
    peer.h2.receive_data(peer.client.data_to_send())
    channel.write(b"late")
    assert peer.forgotten == [1]


def test_what_has_no_room_is_sent_before_the_end() -> None:
    peer = Peer()
    channel = Channel(peer, 1, 200, [])
    channel.write(b"")
    room = peer.h2.local_flow_control_window(1)
    channel.write(b"x" * (room + 1))
    channel.complete()
    channel.write(b"late")
    assert peer.forgotten == []
    peer.client.increment_flow_control_window(10, 1)
    peer.client.increment_flow_control_window(10)
    peer.h2.receive_data(peer.client.data_to_send())
    channel.flush()
    channel.complete()
    assert names(peer)[-1] == "StreamEnded"
    assert peer.forgotten == [1]
    assert sum(len(e.data) for e in peer.sent if hasattr(e, "data")) == room + 1


@pytest.mark.parametrize("is_cut", [True, False])
def test_an_end_is_final(is_cut: bool) -> None:
    peer = Peer()
    channel = Channel(peer, 1, 200, [])
    channel.write(b"")
    channel.close() if is_cut else channel.complete()
    before = names(peer)
    assert before[-1] == ("StreamReset" if is_cut else "StreamEnded")
    for call in (channel.flush, channel.complete, channel.close, channel.stop):
        channel.write(b"late")
        call()
    assert names(peer) == before
    assert peer.forgotten == [1]


def test_a_stream_may_be_over_before_its_head() -> None:
    peer = Peer()
    channel = Channel(peer, 1, 200, [])
    channel.stop()
    channel.write(b"")
    assert names(peer) == []
    assert peer.forgotten == [1]
