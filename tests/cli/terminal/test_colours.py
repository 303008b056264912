import pytest

from ssetape.cli.terminal import colours
from ssetape.cli.terminal.colours import has_colours


@pytest.mark.parametrize(
    ("variables", "right"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(
    variables: dict[str, str], right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert not has_colours()  # pytest's stdout
    monkeypatch.setattr(colours.sys.stdout, "isatty", lambda: True)
    assert has_colours() == right
