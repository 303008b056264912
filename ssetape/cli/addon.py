"""`ssetape addon`: where the mitmproxy addon is."""

from pathlib import Path

import click

import ssetape
from ssetape.errors import RecordError


@click.command(short_help="Print the path of the mitmproxy addon.")
def command() -> None:
    """Print the path of record.py, to load into any mitmproxy tool:
    mitmdump -s "$(ssetape addon)".

    \b
    Example:
        ssetape addon
    """
    package = Path(ssetape.__file__).resolve().parent
    # In an installation, and in a clone.
    places = [folder / "addon" / "record.py" for folder in (package, package.parent)]
    for path in places:
        if path.is_file():
            click.echo(str(path))
            return
    looked = " nor ".join(map(str, places))
    raise RecordError(f"the addon is missing: neither {looked} is there; install ssetape anew")
