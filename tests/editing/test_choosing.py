import pytest

from ssetape.editing.choosing import ALL, Drop, Numbers
from ssetape.errors import EditError


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("3", [3]), ("3-5", [3, 4, 5]), ("4-", [4, 5, 6]), ("1, 3-4", [1, 3, 4])],
)
def test_numbers_are_ranges(text: str, numbers: list[int]) -> None:
    found = Numbers.parse(text, "--event")
    assert [n for n in range(1, 7) if n in found] == numbers
    assert all(n in ALL for n in (1, 10**9))


@pytest.mark.parametrize("text", ["", "x", "0", "-3", "3-x", "1,,2", "1.5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(EditError, match=r"--event: expected 3, 3-5, 3- or 1,3-5, found"):
        Numbers.parse(text, "--event")


def test_a_drop_is_of_numbers_a_type_or_comments() -> None:
    assert Drop.parse("event=2-3").fits(2, "message")
    assert not Drop.parse("event=2-3").fits(4, "message")
    assert Drop.parse("type=ping").fits(9, "ping")
    assert not Drop.parse("type=ping").fits(9, "")
    comments = Drop.parse("comments")
    assert comments.comments
    assert not comments.fits(1, "comments")
    assert str(comments) == "drop comments"


@pytest.mark.parametrize("text", ["", "event", "type=", "comment", "events=3", "event=x"])
def test_any_other_drop_is_refused(text: str) -> None:
    with pytest.raises(EditError, match="--drop"):
        Drop.parse(text)
