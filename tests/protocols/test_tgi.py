from protocol_samples import SAMPLES, TGI_TOKEN
from said import answer_of, name_of

from ssetape.meaning.tokens import output_count
from ssetape.protocols import tgi


def test_a_token_a_message_and_the_whole_in_the_last() -> None:
    answer = answer_of(tgi, *SAMPLES["tgi"].said)
    assert (answer.text, answer.stop, answer.done) == ("Red fox", "eos_token", "generated_text")
    assert output_count(answer.usage) == 3


def test_the_whole_is_what_counts() -> None:
    token = {**TGI_TOKEN, "text": "Red fo"}
    details = {"finish_reason": "length", "prefill": [{}, {}], "generated_tokens": 1}
    said = {"token": token, "generated_text": "Red", "details": details}
    answer = answer_of(tgi, said)
    assert (answer.text, answer.usage["input_length"]) == ("Red", 2)


def test_an_error() -> None:
    said = {"error": "Model is overloaded", "error_type": "overloaded"}
    assert name_of(said) == "tgi"
    assert answer_of(tgi, said).error == "Model is overloaded"
