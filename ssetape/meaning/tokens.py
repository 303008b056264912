"""Counts output tokens: as the provider reports them, or estimated by characters."""

from dataclasses import dataclass
from typing import Any

# OpenAI's rule of thumb for English:
# https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them
CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class OutputTokens:
    """How many tokens the model produced, including reasoning.

    Attributes:
        count: the number of tokens.
        reported: whether the provider counted them; if not, they are estimated by characters.
    """

    count: int
    reported: bool


def output_tokens(usage: dict[str, Any], characters: int) -> OutputTokens | None:
    """The output tokens; None if there is neither a count nor a character.

    Args:
        usage: the provider's counts.
        characters: how many characters of text, reasoning and arguments arrived.
    """
    count = output_count(usage)
    if count is not None:
        return OutputTokens(count, True)
    if characters:
        return OutputTokens(max(1, round(characters / CHARACTERS_A_TOKEN)), False)
    return None


def output_count(usage: dict[str, Any]) -> int | None:
    """The output tokens among a provider's counts; None if they are not there."""
    usage = _of_tokens(usage)
    count = _first(usage, _OUTPUT)
    if count is not None:
        return count
    # Gemini counts thoughts and the answer separately.
    parts = [usage.get(name) for name in ("candidatesTokenCount", "thoughtsTokenCount")]
    counts = [part for part in parts if type(part) is int]
    return sum(counts) if counts else None


def input_count(usage: dict[str, Any]) -> int | None:
    """The input tokens among a provider's counts; None if they are not there."""
    return _first(_of_tokens(usage), _INPUT)


_OUTPUT = (
    "completion_tokens",
    "output_tokens",
    "outputTokens",
    "completionTokens",
    "eval_count",
    "outputTokenCount",
    "generated_token_count",
    "total_output_tokens",
    "tokens_predicted",
    "generated_tokens",
    "output_count",
    "num_output_tokens",
)
_INPUT = (
    "prompt_tokens",
    "input_tokens",
    "inputTokens",
    "promptTokens",
    "prompt_eval_count",
    "inputTokenCount",
    "input_token_count",
    "promptTokenCount",
    "total_input_tokens",
    "tokens_evaluated",
    "input_length",
    "input_count",
    "num_input_tokens",
)


def _of_tokens(usage: dict[str, Any]) -> dict[str, Any]:
    # Cohere also counts what it bills; some of its streams have only that.
    for name in ("tokens", "billed_units"):
        if isinstance(usage.get(name), dict):
            return usage[name]  # type: ignore[no-any-return]  # it is a dict
    return usage


def _first(usage: dict[str, Any], names: tuple[str, ...]) -> int | None:
    return next((usage[name] for name in names if type(usage.get(name)) is int), None)
