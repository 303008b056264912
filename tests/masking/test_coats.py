from base64 import b64encode, urlsafe_b64encode

import pytest

from ssetape.masking.coats import base64_words, escaped_words
from ssetape.masking.words import long_words


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        ('{"a": "sk\\u002dproj\\u002dx"}', "sk-proj-x"),
        ('{"a": "{\\\\u0022b\\\\u0022:1}"}', '{"b":1}'),
        ("'sk\\x2dx'", "sk-x"),
        ("a=1&b=sk%2Dx%20y", "a=1&b=sk-x y"),
    ],
)
def test_a_word_with_escapes_is_seen_as_what_it_means(data: str, meaning: str) -> None:
    assert [view.text.decode() for view in escaped_words(data.encode())] == [meaning]


def test_words_without_escapes_are_not_looked_at() -> None:
    assert list(escaped_words(b'{"a": "100% of b\\nc"}')) == []


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("strip", [True, False])
def test_base64_of_text_is_seen(encode: object, strip: bool) -> None:
    plain = b'{"password": "hunter2", "b": "\xc3\xbf\xc3\xbe?>"}'
    word = encode(plain)  # type: ignore[operator] # either function
    word = word.rstrip(b"=") if strip else word
    data = b'{"bytes": "' + word + b'"}'
    assert list(base64_words(long_words(data))) == [((11, 11 + len(word)), plain)]


def test_identifiers_are_no_base64() -> None:
    data = b'{"id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz0123", "b": "q7Zk2Lw9Xv4Rt8Bn1Mc6Hd3Pf5aa"}'
    assert list(base64_words(long_words(data))) == []
