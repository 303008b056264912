import click
import pytest
from click.testing import CliRunner

from ssetape.cli.options.address import Address, address_options


def address_of(default_port: int, *words: str) -> Address:
    """The address that a verb with these options is given."""
    given: list[Address] = []

    @click.command()
    @address_options(default_port)
    def verb(address: Address) -> None:
        given.append(address)

    result = CliRunner().invoke(verb, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return given[0]


@pytest.mark.parametrize(
    ("words", "alone", "with_command"),
    [([], 8080, 0), (["--port", "0"], 0, 0), (["--port", "99"], 99, 99)],
)
def test_a_command_has_a_free_port_unless_one_is_given(
    words: list[str], alone: int, with_command: int
) -> None:
    address = address_of(8080, *words)
    assert address.host == "127.0.0.1"
    assert address.port(runs_command=False) == alone
    assert address.port(runs_command=True) == with_command


def test_a_verb_may_always_have_a_free_port() -> None:
    address = address_of(0, "--host", "::1")
    assert address.host == "::1"
    assert [address.port(runs_command=runs) for runs in (False, True)] == [0, 0]
