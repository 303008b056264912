from pathlib import Path

import pytest

from ssetape.errors import ReplayError
from ssetape.replay.matching.rules import Match, MatchBook, MatchRules, make

TOML = """
match = "normalised"
ignore_query = ["ts"]
ignore_fields = ["a.*.id"]

[[capture]]
file = "login*"
match = "path"

[[capture]]
file = "login-2*"
ignore_fields = ["b"]
"""


def test_nothing_said_is_the_nearest() -> None:
    assert make() == MatchBook() == MatchBook(MatchRules(Match.NEAREST))


def test_a_file_has_rules_for_all_and_for_some(tmp_path: Path) -> None:
    path = tmp_path / "match.toml"
    path.write_text(TOML)
    book = make(path=path)
    every = MatchRules(Match.NORMALISED, frozenset({"ts"}), (("a", "*", "id"),))
    assert book.of("x.ssetape") == every
    assert book.of("login-1.ssetape").match is Match.PATH
    assert book.of("login-2.ssetape").match is Match.NORMALISED
    assert book.of("login-2.ssetape").ignored_fields == (("a", "*", "id"), ("b",))
    over = make("exact", ["q"], ["c"], path)
    assert over.rules == MatchRules(Match.EXACT, frozenset({"ts", "q"}), (("a", "*", "id"), ("c",)))
    assert over.of("login-1.ssetape").match is Match.PATH


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "match = 1",
            "match: expected one of exact, normalised, path, sequence, nearest; found 1$",
        ),
        ("match = ", "is not TOML"),
        ("match = 'exactly'", r"match: .*; found 'exactly'; did you mean exact\?"),
        ("colour = 1", "keys: .*; found 'colour'$"),
        ("ignore_querys = ['ts']", r"keys: .*; did you mean ignore_query\?"),
        ("ignore_query = 'ts'", "ignore_query: expected a list of strings, found 'ts'"),
        ("ignore_fields = [1]", "ignore_fields: expected a list of strings"),
        ("capture = 1", "expected tables"),
        ("[[capture]]\nmatch = 'path'", "capture 1: expected a pattern `file`"),
        ("[[capture]]\nfile = 'x'\nmatch = 'sequence'", "sequence must be set for all captures"),
    ],
)
def test_what_means_nothing_is_told(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "match.toml"
    path.write_text(text)
    with pytest.raises(ReplayError, match=words):
        make(path=path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="cannot read"):
        make(path=tmp_path / "none.toml")
