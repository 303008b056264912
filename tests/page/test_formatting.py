import pytest

from ssetape.page.formatting import moved, printable, seconds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n\tb", "a\n\tb"),
        ("\x00\x1b[31m", "\\u0000\\u001b[31m"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\udce9.ssetape", "\\udce9.ssetape"),
        (7, "7"),
    ],
)
def test_control_characters_are_escapes(text: object, shown: str) -> None:
    assert printable(text) == shown


def test_moments_have_their_unit() -> None:
    assert (seconds(1.23456), seconds(None)) == ("1.235 s", "-")
    assert (moved(1.0, 1.5), moved(None, 1.0)) == ("+0.500 s", "")
