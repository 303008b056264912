"""The option for host names under which a replay answers."""

import click

allow_host_option = click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="Also answer under this host name, and to its pages; .NAME for all below it; repeatable.",
)
