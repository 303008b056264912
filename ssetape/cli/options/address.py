"""The options for a server's address, in verbs that may run a command with the server."""

from dataclasses import dataclass
from typing import Any

import click

from ssetape.cli.options.group import Decorator, option_group


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen.

    Attributes:
        given_port: the value of --port, or None.
        default_port: the port without --port and without a command.
    """

    host: str
    given_port: int | None
    default_port: int

    def port(self, *, runs_command: bool) -> int:
        """The port to listen on; 0 for a free one."""
        if self.given_port is not None:
            return self.given_port
        return 0 if runs_command else self.default_port


def address_options(default_port: int) -> Decorator:
    """Add --host and --port, and pass them as `address`.

    Args:
        default_port: the port without a command; with a command, a free port is picked.
    """

    def make(host: str, port: int | None) -> Address:
        return Address(host, port, default_port)

    port: dict[str, Any] = {
        "type": click.IntRange(0, 65535),
        "help": "Port to listen on; 0 picks a free one.",
    }
    if default_port:
        port["help"] += f"  [default: {default_port}; 0 with a command]"
    else:
        port |= {"default": 0, "show_default": True}
    return option_group(
        "address",
        make,
        click.option(
            "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
        ),
        click.option("--port", **port),
    )
