from base64 import b64encode, urlsafe_b64encode

import pytest

from ssetape.masking.coats import base64_words, escaped
from ssetape.masking.words import long_words


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        ('{"a": "sk\\u002dproj\\u002dx"}', '{"a": "sk-proj-x"}'),
        ('{"pass\\u0077ord": "x"}', '{"password": "x"}'),
        ('{"a": "{\\\\u0022b\\\\u0022:1}"}', '{"a": "{"b":1}"}'),
        ('{"a": "1\\/\\/0"}', '{"a": "1//0"}'),
        ("'sk\\x2dx'", "'sk-x'"),
        ("see a=1&b=sk%2Dx%20y there", "a=1&b=sk-x y"),
    ],
)
def test_what_has_escapes_is_seen_as_what_it_means(data: str, meaning: str) -> None:
    views = escaped(f"before\n{data}\nafter".encode())
    assert [view.text.decode() for view in views] == [meaning]


def test_what_has_none_is_not_looked_at() -> None:
    assert list(escaped(b'{"a": "100% of b\\nc"}')) == []


def test_each_stretch_is_seen_once() -> None:
    texts = [view.text for view in escaped(b"a%41 b%42%43\nc%44" + b"d" * 300_000 + b"%45")]
    assert texts[:2] == [b"aA", b"bBC"]
    assert texts[2].startswith(b"cDd")
    assert texts[3].endswith(b"dE")
    assert all(len(text) < 150_000 for text in texts)


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("strip", [True, False])
def test_base64_of_text_is_seen(encode: object, strip: bool) -> None:
    plain = b'{"password": "hunter2", "b": "\xc3\xbf\xc3\xbe?>"}'
    word = encode(plain)  # type: ignore[operator] # either function
    word = word.rstrip(b"=") if strip else word
    data = b'{"bytes": "' + word + b'"}'
    assert list(base64_words(long_words(data))) == [(11, word, plain)]


def test_identifiers_are_no_base64() -> None:
    data = b'{"id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz0123", "b": "q7Zk2Lw9Xv4Rt8Bn1Mc6Hd3Pf5aa"}'
    assert list(base64_words(long_words(data))) == []
