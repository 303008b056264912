from collections.abc import Callable
from typing import Any

from ssetape.replay.spoken import protocol_of

Make = Callable[..., Any]

CHAT = b'data: {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}}]}\n\n'
EVENTS = [("content-type", "text/event-stream")]


def test_a_protocol_is_read_from_the_first_messages(capture: Make) -> None:
    assert protocol_of(capture([(0.0, CHAT)], headers=EVENTS)) == "openai-chat"
    assert protocol_of(capture([(0.0, CHAT)] * 40, headers=EVENTS)) == "openai-chat"
    assert protocol_of(capture([(0.0, b"data: x\n\n")], headers=EVENTS)) == "plain-text"
    assert protocol_of(capture([])) is None


def test_damage_behind_the_first_messages_is_nothing(capture: Make) -> None:
    damaged = capture([(0.0, CHAT)], headers=EVENTS, end=None, tail=b"{}\n")
    assert protocol_of(damaged) == "openai-chat"


def test_a_capture_is_read_once(capture: Make) -> None:
    made = capture([(0.0, CHAT)], headers=EVENTS)
    assert protocol_of(made) == "openai-chat"
    made.path.unlink()
    assert protocol_of(made) == "openai-chat"
