import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.matching.paths import Paths


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/v1/chat/completion", "/v1/chat/completions"),
        ("/chat/completions", "/v1/chat/completions"),
        ("/v1/model", "/v1/models"),
        ("/v1/items/42", "/v1/items/42"),
        ("/v2/items/42", "/v1/items/42"),
    ],
)
def test_the_nearest_is_first_among_many(path: str, first: str) -> None:
    many = [f"/v1/items/{number}" for number in range(5_000)]
    assert Paths(["/v1/models", *many, "/v1/chat/completions"]).near(path)[0] == first


@given(paths=st.lists(st.text("/ab", max_size=8), max_size=20), path=st.text("/ab", max_size=8))
def test_few_are_all_given_once(paths: list[str], path: str) -> None:
    assert sorted(Paths(paths).near(path)) == sorted(set(paths))
