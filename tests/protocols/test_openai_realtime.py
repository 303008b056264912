from said import answer_of, calls_of, clues, facts_of

from ssetape.protocols import openai_realtime, recognise


def test_a_response() -> None:
    answer = answer_of(
        openai_realtime,
        {"type": "session.created", "session": {"model": "m"}},
        {"type": "conversation.item.created", "item": {"role": "assistant"}},
        {"type": "response.output_text.delta", "delta": "Hi"},
        {"type": "response.output_audio_transcript.delta", "delta": "!"},
        {"type": "response.output_audio.delta", "delta": "UklGRg=="},
        {
            "type": "response.output_item.added",
            "item": {"type": "function_call", "call_id": "c", "name": "f"},
        },
        {"type": "response.function_call_arguments.delta", "call_id": "c", "delta": "{}"},
        {
            "type": "conversation.item.input_audio_transcription.completed",
            "transcript": "hello",
        },
        {"type": "response.done", "response": {"status": "completed", "usage": {"n": 1}}},
    )
    assert (answer.text, answer.model, answer.role) == ("Hi!", "m", "assistant")
    assert calls_of(answer) == [("c", "f", "{}")]
    assert (answer.stop, answer.usage, answer.done) == ("completed", {"n": 1}, "response.done")
    assert answer.parts == [("input transcript", "hello")]


def test_errors_and_what_the_client_says() -> None:
    assert answer_of(openai_realtime, {"type": "error", "error": {"message": "no"}}).error == "no"
    failed = {"status": "failed", "status_details": {"error": {"message": "no"}}}
    assert answer_of(openai_realtime, {"type": "response.done", "response": failed}).error == "no"
    said = {"type": "response.output_text.delta", "delta": "x"}
    assert facts_of(openai_realtime, said, from_client=True) == []


def test_it_is_recognised_in_a_websocket_alone() -> None:
    made = clues({"type": "session.created"})
    assert recognise(made) is None
    assert recognise(made._replace(is_websocket=True)) is openai_realtime
