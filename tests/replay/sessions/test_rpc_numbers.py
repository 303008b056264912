from ssetape.replay.sessions.rpc_numbers import RpcNumbers


def call(number: int, method: str) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"method":"%s"}' % (number, method.encode())


def test_a_call_is_found_under_its_captured_number() -> None:
    numbers = RpcNumbers([call(1, "a"), call(2, "b"), b"other"])
    assert numbers.as_captured(call(2, "a"), "me") == call(1, "a")
    assert numbers.as_captured(call(9, "c"), "me") == call(9, "c")
    assert numbers.as_captured(b"other", "me") == b"other"


def test_a_call_that_was_captured_twice_takes_turns_for_each_client() -> None:
    numbers = RpcNumbers([call(1, "a"), call(2, "a")])
    for client in "me", "you":
        asked = [numbers.as_captured(call(7, "a"), client) for _ in range(3)]
        assert asked == [call(1, "a"), call(2, "a"), call(1, "a")]
