"""How to record, for a list without captures: commands to copy. Pure."""

import shlex
from pathlib import Path

# Where `ssetape record` puts captures unless told otherwise.
_DEFAULT_FOLDER = Path("captures")


def commands(folder: Path) -> list[tuple[str, str]]:
    """What each command records, and the command; its captures go into `folder`."""
    into = "" if folder == _DEFAULT_FOLDER else f" -o {shlex.quote(str(folder))}"
    record = f"ssetape record{into}"
    direct = f"{record} --reverse https://api.openai.com -- python chat.py"
    return [
        ("a program", f"{record} -- python chat.py"),
        ("a program, without a proxy", direct),
        ("a page in a browser", f"{record} --browser https://chat.example.com"),
        ("whatever uses the proxy", f"{record} --port 8080"),
    ]
