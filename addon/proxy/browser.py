"""Runs a browser through the proxy, with a temporary profile."""

import base64
import os
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ssetape.errors import RecordError
from ssetape.tap import chromium
from ssetape.tap.profile import remove_profile

from . import program as child

# Exit codes after SIGHUP, SIGINT and SIGTERM: people end a browser this way too.
_STOPPED = (128 + 1, 128 + 2, 128 + 15)


def flags(proxy_url: str, ca_certificate: Path, profile: Path) -> list[str]:
    """The flags that send all of Chromium's requests through the proxy and trust its key."""
    trusted = spki_hash(ca_certificate)
    return [
        *chromium.flags(profile),
        f"--proxy-server={proxy_url}",
        "--proxy-bypass-list=<-loopback>",  # also for servers on this machine
        f"--ignore-certificate-errors-spki-list={trusted}",
        "--disable-quic",  # it would go around the proxy
    ]


def spki_hash(certificate: Path) -> str:
    """Chromium's name for a key: the SHA-256 of its SubjectPublicKeyInfo, as base64."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(sha256(info).digest()).decode()


async def run(program: str, proxy_url: str, ca_certificate: Path, arguments: Sequence[str]) -> None:
    """Run the browser until it is closed, then remove its profile.

    Args:
        arguments: URLs to open, and more flags.

    Raises:
        RecordError: the browser cannot be started or fails, or its profile cannot be removed.
    """
    profile = Path(tempfile.mkdtemp(prefix="ssetape-browser-"))
    pages = [] if any(not word.startswith("-") for word in arguments) else ["about:blank"]
    command = [program, *flags(proxy_url, ca_certificate, profile), *arguments, *pages]
    try:
        with tempfile.TemporaryFile() as output:
            code = await child.run(command, os.environ, output=output)
            if code and code not in _STOPPED:
                output.seek(0)
                last = chromium.last_words(output.read(), "-- --headless=new")
                raise RecordError(f"{program} exited with {code}: {last}")
    finally:
        await remove_profile(profile)
