import pytest

from ssetape import cli
from ssetape.cli.options.bash import Bash


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["show", "@", "3"], (["show"], "@3")),
        (["show", "@", ""], (["show", "@"], "")),
        (["show", "@"], (["show"], "@")),
        (["show", "@", "chat"], (["show", "@"], "chat")),
        (["show", "3"], (["show"], "3")),
    ],
)
def test_a_place_is_one_word(
    words: list[str], expected: tuple[list[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMP_WORDS", "\n".join(["ssetape", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    completer = Bash(cli.main, {}, "ssetape", "_SSETAPE_COMPLETE")
    assert completer.get_completion_args() == expected
