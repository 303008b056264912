from ssetape.messages.message import StreamMessage


def test_a_message_comes_from_the_server_and_is_no_error_unless_said() -> None:
    message = StreamMessage(2.0, 1.0, "", "x")
    assert (message.is_error, message.from_client) == (False, False)
