from ssetape.masking.words import long_words


def test_words_of_16_and_more_characters_are_found() -> None:
    data = b'{"short": "0123456789abcde", "long": "0123456789abcdef"} https://a.test/0123?b=c\\nd'
    assert long_words(data) == [(38, b"0123456789abcdef"), (57, b"https://a.test/0123")]


def test_a_word_may_have_escapes() -> None:
    assert long_words(b" sk\\u002dproj%2Dabcd ") == [(1, b"sk\\u002dproj%2Dabcd")]
