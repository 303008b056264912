from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.matching.features import Features
from ssetape.replay.matching.likeness import Likeness, similarity

FEATURES = st.dictionaries(st.integers(0, 40), st.integers(0, 6), max_size=12).map(
    lambda found: {feature: feature % 7 for feature in found}
)


def likeness(all_features: list[Features]) -> Likeness:
    made = Likeness()
    for features in all_features:
        made.add(features)
    return made


def test_how_similar_two_are() -> None:
    assert similarity({1: 0, 2: 1}, {1: 0, 2: 1}) == 1
    assert similarity({1: 0}, {2: 0}) == 0
    assert similarity({1: 2, 2: 0}, {1: 2, 3: 0}) == 8 / 10
    assert similarity({}, {}) == 1


def test_the_more_alike_the_earlier_the_nearer() -> None:
    made = likeness([{1: 0}, {1: 0, 2: 4}, {1: 0, 2: 4}, {3: 0}])
    assert made.nearest({2: 4, 9: 0}, 3) == [(2 * 16 / 34, 1), (2 * 16 / 34, 2), (0, 0)]
    assert Likeness().nearest({1: 0}, 3) == []


def test_what_is_shared_counts_in_proportion() -> None:
    asked = dict.fromkeys(range(10), 1)
    short = dict.fromkeys(range(8), 1)
    long = dict.fromkeys(range(200), 1)
    unlike = {300: 0}
    made = likeness([long, unlike, short])
    assert [position for _, position in made.nearest(asked, 3)] == [2, 0, 1]
    half = dict.fromkeys([*range(5), *range(400, 410)], 1)
    assert likeness([unlike, half]).nearest(asked, 1)[0][1] == 1


def test_what_is_added_later_is_found() -> None:
    made = likeness([{1: 0}])
    assert made.nearest({2: 0}, 1) == [(0, 0)]
    made.add({2: 0})
    assert made.nearest({2: 0}, 1) == [(1, 1)]


@given(all_features=st.lists(FEATURES, min_size=1, max_size=100), asked=FEATURES)
def test_what_is_found_is_as_similar_as_it_says(
    all_features: list[Features], asked: Features
) -> None:
    found = likeness(all_features).nearest(asked, 100)
    assert sorted(position for _, position in found) == list(range(len(all_features)))
    alike = [(similarity(asked, each), position) for position, each in enumerate(all_features)]
    expected = sorted(alike, key=lambda each: (-each[0], each[1]))
    if asked:
        assert found == expected


@given(all_features=st.lists(FEATURES, min_size=1, max_size=100), number=st.integers(0, 99))
def test_an_equal_one_is_found_first(all_features: list[Features], number: int) -> None:
    asked = all_features[number % len(all_features)]
    ((_, position),) = likeness(all_features).nearest(asked, 1)
    assert position == all_features.index(asked) or not asked
