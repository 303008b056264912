from ssetape.replay.wire.websocket_handshake import handshake_headers, subprotocol

RECORDED = [
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Accept", "x"),
    ("Sec-WebSocket-Protocol", "chat"),
    ("Set-Cookie", "a=1"),
]


def test_what_is_about_the_recorded_connection_is_left_out() -> None:
    assert handshake_headers(RECORDED) == [(b"Set-Cookie", b"a=1")]


def test_the_chosen_subprotocol_is_known() -> None:
    assert subprotocol(RECORDED) == "chat"
    assert subprotocol([]) is None
