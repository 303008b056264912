from said import answer_of, name_of

from ssetape.protocols import watsonx


def test_an_answer() -> None:
    first = {"generated_text": "", "input_token_count": 8, "stop_reason": "not_finished"}
    last = {"generated_text": "Hi", "generated_token_count": 1, "input_token_count": 0}
    answer = answer_of(
        watsonx,
        {"model_id": "m", "results": [first]},
        {"model_id": "m", "results": [{**last, "stop_reason": "eos_token"}]},
    )
    assert (answer.text, answer.stop, answer.model) == ("Hi", "eos_token", "m")
    assert answer.usage == {"input_token_count": 8, "generated_token_count": 1}


def test_an_error_is_told_and_it_is_recognised() -> None:
    assert answer_of(watsonx, {"errors": [{"message": "no"}]}).error == "no"
    assert name_of({"results": [{"generated_text": ""}]}) == "watsonx"
    assert name_of({"results": []}) is None
