"""How many tokens were used, from what providers call them or from what was said."""

from dataclasses import dataclass
from typing import Any

# OpenAI's rule of thumb for English:
# https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them
CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class OutputTokens:
    """How many tokens came out, reasoning among them, and whether the provider says so.

    Attributes:
        count: how many.
        reported: whether the provider counted them; else they are estimated by characters.
    """

    count: int
    reported: bool


def output_tokens(usage: dict[str, Any], characters: int) -> OutputTokens | None:
    """The tokens that came out; None if nothing tells.

    Args:
        usage: the provider's counts.
        characters: of text, reasoning and arguments that came.
    """
    count = _reported(usage)
    if count is not None:
        return OutputTokens(count, True)
    if characters:
        return OutputTokens(max(1, round(characters / CHARACTERS_A_TOKEN)), False)
    return None


def _reported(usage: dict[str, Any]) -> int | None:
    tokens = usage.get("tokens")
    if isinstance(tokens, dict):  # Cohere: beside what it bills
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
    # Gemini counts thoughts beside what they led to.
    parts = [usage.get(name) for name in ("candidatesTokenCount", "thoughtsTokenCount")]
    counts = [part for part in parts if type(part) is int]
    return sum(counts) if counts else None
