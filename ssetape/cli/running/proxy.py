"""The log of a running proxy, and a program that uses the proxy."""

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ssetape.cli.terminal.output import note
from ssetape.errors import RecordError

# What mitmproxy says each time, and the recorder once, with what to do about it.
_SAID_BY_OURS = ("Server TLS handshake failed.", "Client TLS handshake failed. The client does not")


async def run_program(
    url: str, ca_certificate: Path, program: tuple[str, ...], reverse: str | None = None
) -> int:
    """Run a command that uses the proxy at a URL; return its exit code."""
    from ssetape.addon import program as child
    from ssetape.addon import trust

    with tempfile.TemporaryDirectory(prefix="ssetape-") as folder:
        bundle = Path(folder) / "ca-bundle.pem"
        bundle.write_bytes(trust.bundle(ca_certificate))
        variables = child.environment(os.environ, url, bundle, reverse=reverse)
        try:
            return await child.run(program, variables)
        except RecordError as error:
            note(str(error))
            return child.exit_code_of_failure(program[0])


def explain(url: str, ca_certificate: Path) -> None:
    """Say how clients use the proxy at a URL."""
    note(f"proxy listening at {url}")
    note(f"clients must trust {ca_certificate} for https; try")
    note(f"  curl -N --proxy {url} --cacert {ca_certificate} https://...")
    note("Ctrl-C stops it")


class ProxyLog(logging.Handler):
    """Shows the recorder's messages, and mitmproxy's warnings and errors."""

    def __init__(self) -> None:
        # Silent during the start: its errors are raised, with better messages.
        super().__init__(logging.CRITICAL + 1)
        self._say: Callable[[str], None] = note
        self._level = logging.NOTSET

    def use(self, say: Callable[[str], None]) -> None:
        """Pass messages to `say`, except those that a table of the streams makes redundant."""
        self._say = say
        self._level = logging.WARNING

    def show(self) -> None:
        self.setLevel(self._level)
        logging.getLogger("ssetape").setLevel(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().removeprefix("ssetape: ")
        if text.startswith(_SAID_BY_OURS):
            return
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        self._say(level + text)
