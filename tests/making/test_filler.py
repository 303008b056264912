from random import Random

import pytest

from ssetape.making.filler import filler
from ssetape.making.words import cut


@pytest.mark.parametrize("count", [1, 7, 100, 5000])
def test_it_has_the_length_that_is_asked_for(count: int) -> None:
    assert len(filler(count, cut, Random(1))) == count


def test_it_reads_as_sentences_and_paragraphs() -> None:
    text = "".join(filler(400, cut, Random(1)))
    paragraphs = text.split("\n\n")
    assert len(paragraphs) > 2
    assert all(each[0].isupper() and each.endswith(".") for each in paragraphs[:-1])


def test_the_seed_decides_what_it_says() -> None:
    assert filler(50, cut, Random(1)) == filler(50, cut, Random(1)) != filler(50, cut, Random(2))
