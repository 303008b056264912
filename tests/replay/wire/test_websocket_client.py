from types import SimpleNamespace
from typing import Any

import pytest

from ssetape.format.values import Message
from ssetape.replay.wire.websocket_client import ClientScript, Strictness, difference


def capture(*messages: Message) -> Any:
    return SimpleNamespace(messages=lambda: iter(messages))


def test_a_loose_client_may_say_anything() -> None:
    script = ClientScript(capture(Message(0.1, True, True, b"a")), Strictness.LOOSE)
    assert [script.problem(data, False) for data in (b"x", b"", b"y")] == [None] * 3
    assert script.count == 3


def test_a_strict_client_says_what_the_recorded_one_did() -> None:
    script = ClientScript(
        capture(
            Message(0.1, True, True, b"a"),
            Message(0.2, False, True, b"the server's"),
            Message(0.3, True, True, b"put in by the proxy", injected=True),
            Message(0.4, True, False, b"b"),
        ),
        Strictness.STRICT,
    )
    assert script.problem(b"a", True) is None
    assert script.problem(b"b", False) is None
    assert script.problem(b"c", False) == "is one more than recorded"
    assert script.count == 3


@pytest.mark.parametrize(
    ("data", "is_text", "words"),
    [
        (b"same", True, None),
        (b"same", False, "is binary, expected text"),
        (b"sane", True, "differs from the recorded one at byte 2"),
        (b"sam", True, "differs from the recorded one at byte 3"),
        (b"same as", True, "differs from the recorded one at byte 4"),
    ],
)
def test_a_difference_is_put_into_words(data: bytes, is_text: bool, words: str | None) -> None:
    assert difference(Message(0.1, True, True, b"same"), data, is_text) == words
