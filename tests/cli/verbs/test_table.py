"""The list of verbs; that it is complete is tested in test_main.py, with the program."""

from ssetape.cli.verbs.table import GROUPS, VERBS


def test_each_verb_is_in_one_group() -> None:
    assert len(VERBS) == sum(map(len, GROUPS.values()))


def test_what_a_verb_does_fits_a_terminal_of_80_columns() -> None:
    width = max(map(len, VERBS))
    assert all(len(does) + width + 4 <= 78 for does in VERBS.values())
