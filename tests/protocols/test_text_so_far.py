import random
from collections.abc import Iterable

import pytest
from said import assemble

from ssetape.facts import Fact, Reasoning, Text
from ssetape.protocols._text_so_far import TextSoFar


def text_of(facts: Iterable[Fact]) -> str:
    return assemble(None, facts).text


def either(pieces: Iterable[str]) -> list[Fact]:
    so_far = TextSoFar()
    return [fact for piece in pieces for fact in so_far.either(piece)]


def test_pieces_are_reported_as_they_come() -> None:
    so_far = TextSoFar(Reasoning, 2)
    assert [*so_far.piece("a"), *so_far.piece(""), *so_far.piece("b")] == [
        Reasoning("a", 2),
        Reasoning("b", 2),
    ]
    assert so_far.text == "ab"


def test_a_whole_text_adds_what_is_new_or_replaces() -> None:
    so_far = TextSoFar()
    assert list(so_far.whole("Re")) == [Text("Re")]
    assert list(so_far.whole("Red")) == [Text("d")]
    assert list(so_far.whole("Red")) == []
    assert list(so_far.whole("")) == []
    assert list(so_far.whole("Blue")) == [Text("Blue", replaces=True)]
    assert so_far.text == "Blue"


@pytest.mark.parametrize(
    "pieces", [["Red", " fox", "."], ["1", "10", "0"], ["a", "a", "b"], ["\n", "\n\n", "", "x"], []]
)
def test_pieces_of_which_nobody_says_so_are_joined(pieces: list[str]) -> None:
    assert text_of(either([*pieces, "."])) == "".join(pieces) + "."


def test_whole_texts_of_which_nobody_says_so_grow() -> None:
    whole = "A red fox jumps over the lazy dog, twice a day."
    facts = either([whole[:n] for n in range(1, len(whole) + 1)] + [whole, whole])
    assert text_of(facts) == whole
    assert not any(isinstance(fact, Text) and fact.replaces for fact in facts)


@pytest.mark.parametrize("seed", range(20))
def test_either_way_the_text_is_the_same(seed: int) -> None:
    draw = random.Random(seed)
    pieces = ["".join(draw.choices("abc \n", k=draw.randint(0, 4))) for _ in range(40)]
    pieces += ["The", " end"]  # or pieces might grow by chance to their very end
    whole = ["".join(pieces[: n + 1]) for n in range(len(pieces))]
    assert text_of(either(pieces)) == text_of(either(whole)) == "".join(pieces)
