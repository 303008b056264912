from ssetape.meaning.phrases import Phrase, Sort, quoted
from ssetape.page.said import SAID_CHARACTERS, shown


def test_phrases_come_with_their_sort() -> None:
    phrases = [Phrase(Sort.TEXT, '"Hi"'), Phrase(Sort.NOTE, "stop")]
    assert shown(phrases, "{}") == [["text", '"Hi"'], ["note", "stop"]]


def test_words_that_only_repeat_the_data_are_left_out() -> None:
    assert shown([Phrase(Sort.TEXT, quoted("Hi"))], "Hi") == []


def test_a_row_has_only_the_beginning_of_much() -> None:
    long = [Phrase(Sort.TEXT, "x" * 300)] * 1000
    assert sum(len(words) for _, words in shown(long, "{}")) == SAID_CHARACTERS
