import pytest

from ssetape.requests.embedded import embedded


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"b": 1.0, "a": [ ]}', '{"a":[],"b":1}'),
        ("[1, 2]", "[1,2]"),
        ("[not json", "[not json"),
        ("1.0", "1.0"),
        ("two  words", "two  words"),
        ("", ""),
    ],
)
def test_json_has_one_spelling_and_all_else_stays(value: str, expected: str) -> None:
    assert embedded(value) == expected


def test_graphql_has_one_spelling() -> None:
    assert embedded("query { a, b }") == embedded("query{a b}")
