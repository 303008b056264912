"""Options that take one of a few words."""

from typing import Any

import click

from ssetape.output.did_you_mean import did_you_mean


class Choice(click.Choice):  # type: ignore[type-arg]  # generic only since click 8.2
    """One of a few words; for a mistyped one, the error names the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            hint = did_you_mean(str(value), map(str, self.choices))
            if not hint:
                raise
            self.fail(f"{error.message.rstrip('.')}{hint}", param, ctx)
