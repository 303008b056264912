"""What an event added to the answer, as the page's rows show it. Pure."""

from typing import Any

from ssetape.meaning.phrases import Phrase, quoted

# A row shows this much of what an event added; its data has all of it.
SAID_CHARACTERS = 400


def shown(phrases: list[Phrase], data: str) -> list[list[Any]]:
    """Each phrase as [sort, words]; [] if they only repeat the data."""
    found: list[list[Any]] = []
    left = SAID_CHARACTERS
    for sort, words in phrases:
        if left <= 0:
            break
        found.append([sort.value, words[:left]])
        left -= len(words)
    if len(phrases) == 1 and len(data) < SAID_CHARACTERS and phrases[0].words == quoted(data):
        return []
    return found
