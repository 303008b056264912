"""What a shell offers for numbers by chance: the shapes, with what goes into their brackets."""

import click
from click.shell_completion import CompletionItem

_SEVERAL = "..."


class _DistributionType(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.2
    """A number, or the spec of a distribution: `lognormal(0.8,0.3)`."""

    name = "spec"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from ssetape.making.distribution import FROM, SHAPES

        offered = {f"{shape}(": f"{shape}({','.join(names)})" for shape, names in SHAPES.items()}
        offered[f"{FROM} "] = f"{FROM} CAPTURE..."
        found = [
            CompletionItem(start, help=does)
            for start, does in offered.items()
            if start.startswith(incomplete)
        ]
        if len(found) == 1:
            # bash closes the quotes behind the only one, although its numbers are to follow.
            found.append(CompletionItem(f"{found[0].value}{_SEVERAL}"))
        return found


DISTRIBUTION = _DistributionType()
