from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ssetape.cli.options.trust import Trust, trust_options


@pytest.mark.parametrize(
    ("words", "expected", "options"),
    [
        ([], Trust(Path("~/.mitmproxy"), False), {}),
        (["-k", "--confdir", "x"], Trust(Path("x"), True), {"ssl_insecure": True}),
    ],
)
def test_the_options_say_whom_the_proxy_trusts(
    words: list[str], expected: Trust, options: dict[str, bool]
) -> None:
    @click.command()
    @trust_options("people")
    def verb(trust: Trust) -> None:
        assert trust == expected
        assert trust.mitmproxy_options() == options

    assert CliRunner().invoke(verb, words, catch_exceptions=False).exit_code == 0
    assert "that people must trust." in CliRunner().invoke(verb, ["--help"]).output
