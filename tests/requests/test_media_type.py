import pytest

from ssetape.requests.media_type import media_type, with_parameters


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Application/JSON", ("application/json", {})),
        ('text/plain; Charset="utf-8" ;x=y', ("text/plain", {"charset": "utf-8", "x": "y"})),
        ('form-data; name="a\\"; b"; filename=c.txt', ("form-data", {"name": 'a"; b'})),
        ("a;name=;=;;", ("a", {"name": ""})),
        ("", ("", {})),
    ],
)
def test_a_value_and_its_parameters(value: str, expected: tuple[str, dict[str, str]]) -> None:
    found, parameters = with_parameters(value)
    assert found == expected[0]
    assert expected[1].items() <= parameters.items()


def test_the_first_label_counts() -> None:
    assert media_type([("Content-Type", "a/b"), ("content-type", "c/d")]) == ("a/b", {})
    assert media_type([]) == ("", {})
