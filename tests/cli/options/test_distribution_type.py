"""What a shell offers for numbers by chance."""

import click
import pytest

from ssetape.cli.options.distribution_type import DISTRIBUTION


@pytest.mark.parametrize(
    ("incomplete", "expected"),
    [
        ("", ["lognormal(", "normal(", "uniform(", "exponential(", "from "]),
        ("l", ["lognormal(", "lognormal(..."]),
        ("from", ["from ", "from ..."]),
        ("0.5", []),
    ],
)
def test_shapes_are_offered_with_what_goes_into_their_brackets(
    incomplete: str, expected: list[str]
) -> None:
    option = click.Option(["--gap"])
    items = DISTRIBUTION.shell_complete(click.Context(click.Command("make")), option, incomplete)
    assert [item.value for item in items] == expected
    if expected and expected[0] == "lognormal(":
        assert items[0].help == "lognormal(median,sigma)"
