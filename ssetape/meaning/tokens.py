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
    count = _reported(usage)
    if count is not None:
        return OutputTokens(count, True)
    if characters:
        return OutputTokens(max(1, round(characters / CHARACTERS_A_TOKEN)), False)
    return None


def _reported(usage: dict[str, Any]) -> int | None:
    tokens = usage.get("tokens")
    if isinstance(tokens, dict):  # Cohere, which also has what it bills
        usage = tokens
    for name in (
        "completion_tokens",
        "output_tokens",
        "outputTokens",
        "completionTokens",
        "eval_count",
        "outputTokenCount",
        "generated_token_count",
        "total_output_tokens",
    ):
        if type(usage.get(name)) is int:
            return int(usage[name])
    # Gemini counts thoughts and the answer separately.
    parts = [usage.get(name) for name in ("candidatesTokenCount", "thoughtsTokenCount")]
    counts = [part for part in parts if type(part) is int]
    return sum(counts) if counts else None
