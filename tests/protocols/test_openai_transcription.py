from said import answer_of, name_of

from ssetape.protocols import openai_transcription


def test_a_transcript_in_pieces_is_told_once() -> None:
    answer = answer_of(
        openai_transcription,
        {"type": "transcript.text.delta", "delta": "Hel"},
        {"type": "transcript.text.delta", "delta": "lo"},
        {"type": "transcript.text.done", "text": "Hello", "usage": {"total_tokens": 1}},
        "[DONE]",
    )
    assert (answer.text, answer.done) == ("Hello", "transcript.text.done")
    assert answer.usage == {"total_tokens": 1}


def test_a_transcript_that_comes_whole_or_is_corrected_in_the_end() -> None:
    done = {"type": "transcript.text.done", "text": "Hello"}
    segment = {"type": "transcript.text.segment", "text": " Hello"}
    answer = answer_of(openai_transcription, segment, done)
    assert (answer.text, answer.parts) == ("Hello", [("transcript.text.segment", segment)])
    delta = {"type": "transcript.text.delta", "delta": "Help"}
    assert answer_of(openai_transcription, delta, done).text == "Hello"


def test_an_error_is_told_and_it_is_recognised() -> None:
    assert answer_of(openai_transcription, {"type": "error", "message": "no"}).error == "no"
    assert name_of({"type": "transcript.text.delta"}) == "openai-transcription"
