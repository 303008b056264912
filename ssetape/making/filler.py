"""Text of a given length that says nothing. Pure."""

from collections.abc import Callable
from random import Random

# Common words, so that any vocabulary has them; "the" comes nearly as often as it does in English.
_COMMON = (
    "the of and to in is that it for was on are as with at be this have from or one had by word "
    "but not what all were we when your can said there use an each which she do how their if will "
    "up other about out many then them these so some her would make like him into time has look "
    "two more write go see number no way could people my than first water been call who oil its "
    "now find long down day did get come made may part the the the"
)
_WORDS = tuple(_COMMON.split())
_SENTENCE_WORDS = (5, 18)
_PARAGRAPH_SENTENCES = 5


def filler(token_count: int, cut: Callable[[str], list[str]], chance: Random) -> list[str]:
    """Text in so many pieces, as `cut` cuts it."""
    pieces: list[str] = []
    sentences = 0
    while len(pieces) < token_count:
        pieces += cut(_sentence(chance, "" if not sentences else _gap(sentences)))
        sentences += 1
    return pieces[:token_count]


def _sentence(chance: Random, before: str) -> str:
    low, high = _SENTENCE_WORDS
    count = low + int(chance.random() * (high - low))
    words = chance.choices(_WORDS, k=count)
    return f"{before}{words[0].capitalize()} {' '.join(words[1:])}."


def _gap(sentences: int) -> str:
    return " " if sentences % _PARAGRAPH_SENTENCES else "\n\n"
