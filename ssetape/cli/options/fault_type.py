"""What a shell offers for --fault: kinds, and their keys and values, within the quotes."""

from collections.abc import Iterable, Iterator

import click
from click.shell_completion import CompletionItem


class _FaultType(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.2
    """The spec of a fault: `cut event=3 how=reset`."""

    name = "spec"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, space, beginning = incomplete.rpartition(" ")
        offered = dict(_kinds()) if not before.strip() else dict(_pairs(before.split(), beginning))
        found = [
            CompletionItem(f"{before}{space}{word}", help=does)
            for word, does in offered.items()
            if word.startswith(beginning)
        ]
        if len(found) == 1 and found[0].value.endswith("="):
            # bash closes the quotes behind the only one, although a value is to follow.
            found.append(CompletionItem(f"{found[0].value}..."))
        return found


FAULT = _FaultType()


def _kinds() -> Iterator[tuple[str, str]]:
    from ssetape.replay import faults

    for name, fault in faults.FAULTS.items():
        yield name, _first_line(fault.__doc__)


def _pairs(words: list[str], beginning: str) -> Iterable[tuple[str, str]]:
    """The keys that a fault can have besides those given; behind a key, its values."""
    from ssetape.replay import faults

    keys = faults.keys_of(words[0])
    given = {word.partition("=")[0] for word in words[1:]}
    key, equals, _ = beginning.partition("=")
    if equals:
        return [(f"{key}={value}", "") for value in keys.get(key, ())]
    return [(f"{name}=", " or ".join(values)) for name, values in keys.items() if name not in given]


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
