"""The options for certificates around a proxy: its CA, and checks of servers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ssetape.cli.options.group import Decorator, option_group
from ssetape.cli.options.paths import PATH


@dataclass(frozen=True, slots=True)
class Trust:
    """What clients trust, and what the proxy trusts.

    Attributes:
        confdir: mitmproxy's folder, with the CA that clients trust.
        insecure: whether the proxy trusts every server.
    """

    confdir: Path
    insecure: bool

    def mitmproxy_options(self) -> dict[str, Any]:
        """The options for mitmproxy, other than its folder."""
        return {"ssl_insecure": True} if self.insecure else {}


def trust_options(clients: str = "clients") -> Decorator:
    """Add --confdir and --insecure, and pass them as `trust`.

    Args:
        clients: who must trust the CA, for the help.
    """
    return option_group(
        "trust",
        _trust,
        click.option(
            "--confdir",
            default="~/.mitmproxy",
            show_default=True,
            type=PATH,
            metavar="DIR",
            help=f"mitmproxy's folder, with the CA that {clients} must trust.",
        ),
        click.option("-k", "--insecure", is_flag=True, help="Do not verify servers' certificates."),
    )


def _trust(confdir: str, insecure: bool) -> Trust:
    return Trust(Path(confdir), insecure)
