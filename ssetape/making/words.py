"""Cuts text into pieces of about a token, without a tokenizer: words and syllables. Pure."""

import re
from collections.abc import Callable
from typing import NamedTuple

# As tokenizers do: a word with the space before it, up to three digits, punctuation, line ends,
# other white space; anything else by itself.
_PIECE = re.compile(
    r" ?[^\W\d_]+|[0-9]{1,3}| ?[^\w\s]{1,3}|_|\s*\n|[^\S\n]+(?=\S)|\s+|.",
    re.DOTALL,
)
# A word as long as this is one token in most vocabularies.
_WHOLE_CHARACTERS = 7
# A syllable: consonants, vowels, and a consonant unless a vowel follows it.
_SYLLABLE = re.compile(
    r" ?[^\W\d_aeiouyäöüáéíóú]*[aeiouyäöüáéíóú]+"
    r"(?:[^\W\d_aeiouyäöüáéíóú](?![aeiouyäöüáéíóú]))*"
    r"|.+",
    re.IGNORECASE,
)
# Scripts without spaces between words have about a token for each character.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Cutter(NamedTuple):
    """A way to cut text: `cut` gives pieces that are the text once joined; `name` is for people."""

    name: str
    cut: Callable[[str], list[str]]


def cut(text: str) -> list[str]:
    """The pieces of a text; joined they are the text."""
    pieces: list[str] = []
    for piece in _PIECE.findall(text):
        if _UNSPACED.search(piece):
            pieces += piece
        elif len(piece) <= _WHOLE_CHARACTERS or not piece[-1].isalpha():
            pieces.append(piece)
        else:
            pieces += _in_syllables(piece)
    return pieces


def _in_syllables(word: str) -> list[str]:
    """A long word in two or more pieces, each of whole syllables."""
    pieces = [""]
    for syllable in _SYLLABLE.findall(word):
        if len(pieces[-1]) + len(syllable) > _WHOLE_CHARACTERS and pieces[-1]:
            pieces.append("")
        pieces[-1] += syllable
    return pieces


CUTTER = Cutter("words and syllables", cut)
