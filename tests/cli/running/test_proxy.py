import logging

import click
import pytest
from click.testing import CliRunner

from ssetape.cli.running import proxy
from ssetape.cli.running.proxy import CommandWithProgram, ProxyLog, program_of


@click.command(cls=CommandWithProgram)
@click.argument("paths", nargs=-1)
@click.option("--flag", is_flag=True)
@click.pass_context
def verb(ctx: click.Context, paths: tuple[str, ...], flag: bool) -> None:
    click.echo(f"{paths} {flag} {program_of(ctx)}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a", "--flag"], "('a',) True ()"),
        (["a", "--", "b", "--flag", "--", "c"], "('a',) False ('b', '--flag', '--', 'c')"),
        (["--"], "() False ()"),
    ],
)
def test_what_follows_two_dashes_is_a_program(words: list[str], expected: str) -> None:
    assert CliRunner().invoke(verb, words).output.strip() == expected


def test_the_log_shows_what_is_ours_and_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(proxy, "note", said.append)
    log = ProxyLog()
    logger = logging.Logger("test")
    logger.addHandler(log)
    logger.error("too early")
    log.show()
    logger.info("ssetape: recording")
    logger.warning("Server TLS handshake failed. no trust")
    assert said == ["recording", "warning: Server TLS handshake failed. no trust"]
    assert log.saw_bad_certificate
