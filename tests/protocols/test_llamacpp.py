import pytest
from protocol_samples import SAMPLES
from said import answer_of

from ssetape.meaning.tokens import input_count, output_count
from ssetape.protocols import llamacpp


def test_a_completion() -> None:
    answer = answer_of(llamacpp, *SAMPLES["llamacpp"].said)
    assert (answer.text, answer.stop, answer.model) == ("Red fox", "eos", "m.gguf")
    assert (input_count(answer.usage), output_count(answer.usage)) == (5, 2)
    assert answer.done == "stop"


@pytest.mark.parametrize("reason", ["eos", "word", "limit"])
def test_older_servers_have_a_field_for_each_reason(reason: str) -> None:
    said = {"content": "", "stop": True, f"stopped_{reason}": True, "timings": {"predicted_ms": 1}}
    answer = answer_of(llamacpp, said)
    assert (answer.stop, answer.parts) == (reason, [("timings", {"predicted_ms": 1})])


def test_several_prompts_have_several_answers() -> None:
    said = [{"index": n, "content": f"{n}", "stop": False} for n in (0, 1, 0)]
    assert [each.text for each in answer_of(llamacpp, *said, "[DONE]").choices] == ["00", "1"]


def test_an_error() -> None:
    said = {"error": {"code": 500, "message": "context full"}}
    assert answer_of(llamacpp, said).error == "context full"
