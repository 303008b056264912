from typing import Any

import pytest

from ssetape.meaning.tokens import OutputTokens, output_tokens


@pytest.mark.parametrize(
    ("usage", "count"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}, 5),
        ({"input_tokens": 9, "output_tokens": 5}, 5),
        ({"inputTokens": 9, "outputTokens": 5}, 5),
        ({"promptTokens": 9, "completionTokens": 5}, 5),
        ({"prompt_eval_count": 9, "eval_count": 5}, 5),
        ({"inputTokenCount": 9, "outputTokenCount": 5}, 5),
        ({"input_token_count": 9, "generated_token_count": 5}, 5),
        ({"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 2}, 5),
        ({"billed_units": {"output_tokens": 1}, "tokens": {"output_tokens": 5}}, 5),
        ({"total_output_tokens": 5}, 5),
        ({"billed_units": {"output_tokens": 5}}, 5),
        ({"tokens_evaluated": 9, "tokens_predicted": 5}, 5),
        ({"input_length": 9, "generated_tokens": 5}, 5),
        ({"token_count": 14, "input_count": 9, "output_count": 5}, 5),
        ({"num_input_tokens": 9, "num_output_tokens": 5}, 5),
    ],
)
def test_what_a_provider_counts_is_found_by_its_own_name(usage: Any, count: int) -> None:
    assert output_tokens(usage, 1000) == OutputTokens(count, reported=True)


def test_without_counts_it_is_estimated() -> None:
    assert output_tokens({"completion_tokens": None}, 400) == OutputTokens(100, reported=False)
    assert output_tokens({}, 1) == OutputTokens(1, reported=False)
    assert output_tokens({}, 0) is None
