from ssetape.meaning.phrases import Phrase, Sort, in_words, quoted


def test_phrases_are_words_in_a_row() -> None:
    assert (
        in_words([Phrase(Sort.TEXT, quoted("café")), Phrase(Sort.NOTE, "stop")]) == '"café", stop'
    )
    assert in_words([]) == ""
