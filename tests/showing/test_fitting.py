"""Which columns fit, and how wide they are."""

from hypothesis import given
from hypothesis import strategies as st

from ssetape.showing.fitting import GAP, NARROWEST, Fit, fit


def row(found: Fit) -> int:
    return sum(found.widths) + len(GAP) * (len(found.widths) - 1)


def test_what_fits_stays_as_it_is() -> None:
    assert fit([10, 20, 30], 64, long={1: 12}, gives_way=[0]) == Fit([0, 1, 2], [10, 20, 30], [])


def test_the_widest_gives_way_first() -> None:
    assert fit([10, 50, 30], 70, long={1: 12, 2: 12}).widths == [10, 28, 28]
    assert fit([14, 50], 40, long={0: 12, 1: 12}).widths == [14, 24]


def test_columns_give_way_in_their_order_before_words_are_too_short() -> None:
    found = fit([20, 20, 20, 40], 60, long={3: 24}, gives_way=[1, 0, 2])
    assert found == Fit([2, 3], [20, 38], [0, 1])


def test_what_went_early_returns_where_there_is_room_beside_the_rest() -> None:
    assert fit([4, 30, 20], 30, gives_way=[0, 1]) == Fit([0, 2], [4, 20], [1])


def test_where_all_gave_way_words_become_as_narrow_as_can_be() -> None:
    assert fit([9, 60, 50], 76, long={1: 30}, gives_way=[0], paths=[50]) == Fit(
        [1, 2], [24, 50], [0]
    )
    narrow = fit([9, 60, 50], 65, long={1: 30}, gives_way=[0], paths=[50])
    assert narrow == Fit([1, 2], [13, 50], [0])


def test_a_path_without_room_costs_nothing_and_the_others_are_as_usual() -> None:
    alone = fit([9, 20, 500], 80, long={1: 12}, gives_way=[0], paths=[500])
    assert alone == Fit([0, 1, 2], [9, 20, 0], [])
    among = fit([9, 20, 500], 80, long={1: 12}, gives_way=[0], paths=[30, 500])
    assert among == Fit([0, 1, 2], [9, 20, 30], [])


def test_nothing_fits_into_nothing() -> None:
    assert fit([5, 40, 70], 1, long={1: 20}, gives_way=[0], paths=[70]).places == [1, 2]


@given(st.data(), st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(1, 300))
def test_a_row_is_too_wide_only_if_what_stays_is(
    data: st.DataObject, widths: list[int], room: int
) -> None:
    places = st.sampled_from(range(len(widths)))
    long = data.draw(st.dictionaries(places, st.integers(1, 40)))
    gives_way = data.draw(st.lists(places, unique=True))
    found = fit(widths, room, long=long, gives_way=gives_way)
    assert sorted([*found.places, *found.left_out]) == list(range(len(widths)))
    assert set(found.left_out) <= set(gives_way)
    for place, width in zip(found.places, found.widths, strict=True):
        assert width == widths[place] or (place in long and width < widths[place])
    stays = [
        min(width, NARROWEST, long[n]) if n in long else width
        for n, width in enumerate(widths)
        if n not in gives_way
    ]
    assert row(found) <= max(room, sum(stays) + len(GAP) * (len(stays) - 1))
