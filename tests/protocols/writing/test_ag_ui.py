from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_messages_and_calls_begin_and_end_within_a_run() -> None:
    assert events_of("ag-ui", answer_in("ag-ui")) == [
        ("", {"type": "RUN_STARTED", "threadId": "thread", "runId": ID}),
        ("", {"type": "REASONING_MESSAGE_START", "messageId": f"{ID}-0", "role": "reasoning"}),
        ("", {"type": "REASONING_MESSAGE_CONTENT", "messageId": f"{ID}-0", "delta": "So"}),
        ("", {"type": "REASONING_MESSAGE_END", "messageId": f"{ID}-0"}),
        ("", {"type": "TEXT_MESSAGE_START", "messageId": f"{ID}-1", "role": "assistant"}),
        ("", {"type": "TEXT_MESSAGE_CONTENT", "messageId": f"{ID}-1", "delta": "H"}),
        ("", {"type": "TEXT_MESSAGE_CONTENT", "messageId": f"{ID}-1", "delta": "i"}),
        ("", {"type": "TEXT_MESSAGE_END", "messageId": f"{ID}-1"}),
        ("", {"type": "TOOL_CALL_START", "toolCallId": "call", "toolCallName": "f"}),
        ("", {"type": "TOOL_CALL_ARGS", "toolCallId": "call", "delta": '{"x":1}'}),
        ("", {"type": "TOOL_CALL_END", "toolCallId": "call"}),
        ("", {"type": "RUN_FINISHED", "threadId": "thread", "runId": ID}),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("ag-ui", answer_in("ag-ui", error="too slow"))
    assert last == ("", {"type": "RUN_ERROR", "message": "too slow"})
