import pytest

from ssetape.requests.form_shape import is_form


@pytest.mark.parametrize("text", ["a=b", "a=", "a=b&c%5B%5D=d+e", "a[]=1&a[]=2\n", "é=%20"])
def test_a_form_is_recognised(text: str) -> None:
    assert is_form(text)


@pytest.mark.parametrize("text", ["", "words", "a = b", "a=b c=d", "if (a=b) {}", "<a b='c'/>"])
def test_other_text_is_none(text: str) -> None:
    assert not is_form(text)
