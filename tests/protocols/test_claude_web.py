from protocol_samples import SAMPLES
from said import answer_of, name_of

from ssetape.protocols import claude_web


def test_older_streams_have_completions() -> None:
    answer = answer_of(claude_web, *SAMPLES["claude-web"].said)
    assert (answer.text, answer.stop, answer.model) == (" Red fox", "stop_sequence", "claude-2.1")
    assert answer.parts == []


def test_newer_ones_have_messages_and_the_limit_by_itself() -> None:
    limit = {"type": "approaching_limit", "remaining": 3}
    said = [
        ("message_start", {"type": "message_start", "message": {"role": "assistant"}}),
        (
            "content_block_delta",
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Red fox"}},
        ),
        ("message_limit", {"type": "message_limit", "message_limit": limit}),
        ("message_stop", {"type": "message_stop"}),
    ]
    answer = answer_of(claude_web, *said)
    assert (answer.text, answer.done) == ("Red fox", "message_stop")
    assert answer.parts == [("message_limit", limit)]
    assert name_of(*said) == "claude-web"
    assert name_of(*said[:2]) == "anthropic"
