"""What to say of a word that was mistyped."""

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` with the known word nearest to `word`, to end a message; "" if none is.

    Letter case is ignored.
    """
    from difflib import get_close_matches  # only an error needs it

    folded = {each.casefold(): each for each in known}
    near = get_close_matches(word.casefold(), folded, n=1)
    return f"; did you mean {folded[near[0]]}?" if near else ""


def expected_one_of(known: Iterable[str], found: object) -> str:
    """`expected one of ...; found ...`, with the nearest word, if any: what an error says."""
    words = list(known)
    hint = did_you_mean(found, words) if isinstance(found, str) else ""
    return f"expected one of {', '.join(words)}; found {found!r:.60}{hint}"
