from protocol_samples import SAMPLES
from said import answer_of, name_of

from ssetape.meaning.tokens import input_count, output_count
from ssetape.protocols import triton


def test_pieces() -> None:
    answer = answer_of(triton, *SAMPLES["triton"].said)
    assert (answer.text, answer.model) == ("Red fox", "m")


def test_the_text_so_far_and_counts() -> None:
    counts = {"num_input_tokens": 5, "num_output_tokens": 2, "finish_reason": "stop"}
    answer = answer_of(triton, {"text_output": "Red"}, {"text_output": ["Red fox"], **counts})
    assert (answer.text, answer.stop) == ("Red fox", "stop")
    assert (input_count(answer.usage), output_count(answer.usage)) == (5, 2)


def test_an_error() -> None:
    url = "http://a.test/v2/models/m/generate_stream"
    assert name_of({"error": "no model"}, url=url) == "triton"
    assert answer_of(triton, {"error": "no model"}).error == "no model"
