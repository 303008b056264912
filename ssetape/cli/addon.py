"""`ssetape addon`: the path of the mitmproxy addon."""

from pathlib import Path

import click

import ssetape
from ssetape.cli.terminal.output import print_text
from ssetape.errors import RecordError


@click.command()
def command() -> None:
    """Print the path of record.py, which any mitmproxy tool can load:
    mitmdump -s "$(ssetape addon)".

    \b
    Example:
        ssetape addon
    """
    package = Path(ssetape.__file__).resolve().parent
    # When installed, and in a clone.
    places = [folder / "addon" / "record.py" for folder in (package, package.parent)]
    for path in places:
        if path.is_file():
            print_text(f"{path}\n")
            return
    looked = " nor ".join(map(str, places))
    raise RecordError(f"the addon is missing: found neither {looked}; reinstall ssetape")
