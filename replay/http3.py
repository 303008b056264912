"""Serves HTTP/3 next to the exact server: Hypercorn speaks it, the ASGI application answers.

https://www.rfc-editor.org/rfc/rfc9114
"""

import asyncio
import re
import socket
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from ssetape.errors import ReplayError
from ssetape.output.refusals import cannot_listen, not_installed

from .asgi import AnswererApp


async def serve(
    app: AnswererApp, host: str, port: int, files: Iterable[Path], stopped: asyncio.Event
) -> None:
    """Serve over QUIC, on a UDP port, until `stopped` is set.

    Args:
        files: the certificate's file and its private key's, PEM; may be one file.

    Raises:
        ReplayError: Hypercorn is not installed, or the port is not available.
    """
    try:
        if _version("hypercorn") < (0, 18):  # these do not work with current aioquic versions
            raise ModuleNotFoundError
        import aioquic  # noqa: F401  Hypercorn needs it, and imports it late
        from hypercorn.asyncio import serve as serve_app
        from hypercorn.config import Config
    except ModuleNotFoundError as error:
        raise ReplayError(
            not_installed("HTTP/3", "Hypercorn 0.18 or later with aioquic", "http3", error)
            + ", on Python 3.12 or later"
        ) from error
    config: Any = Config()
    config.bind = []
    config.quic_bind = [f"fd://{_listen(host, port).detach()}"]
    config.loglevel = "ERROR"
    # aioquic depends on the order and kind of the blocks in a file: write certificates and key
    # to separate files, however they were given.
    pem = b"\n".join(path.read_bytes() for path in dict.fromkeys(files))
    with tempfile.TemporaryDirectory(prefix="ssetape-") as folder:
        for name, is_key in (("certificate", False), ("key", True)):
            blocks = [block for block in _BLOCK.findall(pem) if (b"PRIVATE KEY" in block) is is_key]
            (Path(folder) / name).write_bytes(b"\n".join(blocks))
        config.certfile, config.keyfile = f"{folder}/certificate", f"{folder}/key"
        await serve_app(app, config, shutdown_trigger=stopped.wait)  # type: ignore[arg-type]


def _version(package: str) -> tuple[int, ...]:
    """The first two numbers of the installed version; (0, 0) if it is not installed."""
    try:
        return tuple(map(int, re.findall(r"\d+", metadata.version(package))[:2]))
    except metadata.PackageNotFoundError:
        return 0, 0


def _listen(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise ReplayError(f"HTTP/3: {cannot_listen(host, port, error)}") from error
    return sock


_BLOCK = re.compile(rb"-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----")
