from said import answer_of, calls_of, clues, message, name_of

from ssetape.protocols import bedrock_converse, recognise


def test_an_answer() -> None:
    answer = answer_of(
        bedrock_converse,
        ("messageStart", {"role": "assistant", "p": "abc"}),
        ("contentBlockDelta", {"delta": {"reasoningContent": {"text": "hm"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hi"}}),
        (
            "contentBlockStart",
            {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}},
        ),
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "{}"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"citation": {"title": "x"}}}),
        ("contentBlockStop", {"contentBlockIndex": 2}),
        ("messageStop", {"stopReason": "tool_use"}),
        ("metadata", {"usage": {"outputTokens": 2}}),
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Hi", "hm", "tool_use")
    assert calls_of(answer) == [("t", "f", "{}")]
    assert (answer.usage, answer.done) == ({"outputTokens": 2}, "messageStop")
    assert answer.parts == [("citation", {"title": "x"})]


def test_exceptions_are_told_whatever_they_hold() -> None:
    for said, text in (({"message": "slow"}, "throttling: slow"), ("down", "throttling: down")):
        answer = answer_of(bedrock_converse, ("throttling", said), is_error=True)
        assert answer.error == text


def test_it_is_recognised_by_its_first_messages_or_by_path_and_exception() -> None:
    assert name_of(("messageStart", {})) == "bedrock-converse"
    made = clues(url="http://a.test/model/m/converse-stream")
    made.messages.append(message(("throttling", {}), is_error=True))
    assert recognise(made) is bedrock_converse
