"""What a shell offers for --fault."""

import click
import pytest
from click.shell_completion import CompletionItem

from ssetape.cli.options.fault_type import FAULT
from ssetape.replay.faults import FAULTS, keys_of, parse


def items(incomplete: str) -> list[CompletionItem]:
    option = click.Option(["--fault"])
    return FAULT.shell_complete(click.Context(click.Command("replay")), option, incomplete)


@pytest.mark.parametrize(
    ("incomplete", "expected"),
    [
        ("s", ["stall", "slow", "slow-head"]),
        ("cut", ["cut"]),
        ("cut h", ["cut how=", "cut how=..."]),
        ("cut how=r", ["cut how=reset"]),
        ("cut how=", ["cut how=close", "cut how=reset"]),
        (
            "cut event=3 how=close re",
            ["cut event=3 how=close requests=", "cut event=3 how=close requests=..."],
        ),
        ("cut event=3 ev", []),
        ("cut event=", []),
        ("nothing ", []),
        ("cut nothing=", []),
        ("x", []),
    ],
)
def test_kinds_keys_and_values_go_on_from_what_is_there(
    incomplete: str, expected: list[str]
) -> None:
    assert [item.value for item in items(incomplete)] == expected


def test_every_kind_says_what_it_does_and_has_its_keys() -> None:
    kinds = items("")
    assert [item.value for item in kinds] == list(FAULTS)
    assert all(item.help for item in kinds)
    keys = [item.value for item in items("cut ")]
    assert keys == [
        f"cut {key}=" for key in ("event", "byte", "at_s", "how", "on", "requests", "share")
    ]
    assert {item.help for item in items("cut how")} == {"close or reset", None}


def test_every_value_that_is_offered_is_one() -> None:
    for kind in FAULTS:
        for key in items(f"{kind} "):
            for item in items(key.value):
                place = " event=1" if "event" in keys_of(kind) else ""
                parse(item.value + place)
