import click
from click.testing import CliRunner

from ssetape.cli.options.hosts import allow_host_option


def test_names_are_given_in_order() -> None:
    @click.command()
    @allow_host_option
    def command(allow_hosts: tuple[str, ...]) -> None:
        click.echo(" ".join(allow_hosts))

    words = ["--allow-host", "a.example", "--allow-host", ".b.example"]
    assert CliRunner().invoke(command, words).output == "a.example .b.example\n"
    assert CliRunner().invoke(command, []).output == "\n"
