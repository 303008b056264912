"""Runs a browser that goes through the proxy, with a profile that is thrown away."""

import asyncio
import base64
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ssetape.errors import RecordError

from . import program as child

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
)
_MACOS_NAMES = ("Google Chrome", "Chromium", "Microsoft Edge")

# Nobody has asked for these requests, or for the questions a new profile asks.
# https://chromium.googlesource.com/chromium/src/+/HEAD/chrome/common/chrome_switches.cc
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--password-store=basic",
)

# By a signal, which is one way in which people end a browser.
_STOPPED = (128 + 1, 128 + 2, 128 + 15)

_REMOVE_TRIES = 50
_REMOVE_PAUSE_S = 0.1


def find(path: str | None = None) -> str:
    """The program of a browser: the one at `path`, or a Chromium, Chrome or Edge found here.

    Raises:
        RecordError: there is none.
    """
    if path is not None:
        found = shutil.which(os.path.expanduser(path))
        if found is None:
            raise RecordError(f"--browser-path {path}: there is no program of that name")
        return found
    applications = [
        f"/Applications/{name}.app/Contents/MacOS/{name}"
        for name in _MACOS_NAMES
        if sys.platform == "darwin"
    ]
    for candidate in (*_NAMES, *applications):
        if (found := shutil.which(candidate)) is not None:
            return found
    raise RecordError(
        f"found no browser: looked on the PATH for {', '.join((*_NAMES, *applications))}; "
        f"name another Chromium with --browser-path"
    )


def flags(proxy_url: str, ca_certificate: Path, profile: Path) -> list[str]:
    """What has a Chromium go through the proxy with all it does, and trust that proxy alone."""
    trusted = spki_hash(ca_certificate)
    chosen = [
        f"--user-data-dir={profile}",
        f"--proxy-server={proxy_url}",
        "--proxy-bypass-list=<-loopback>",  # servers on this machine are no exception
        f"--ignore-certificate-errors-spki-list={trusted}",
        "--disable-quic",  # it would go around the proxy
        *_QUIET,
    ]
    if sys.platform == "linux" and os.geteuid() == 0:
        chosen.append("--no-sandbox")  # as root Chromium runs in no other way
    return chosen


def spki_hash(certificate: Path) -> str:
    """What Chromium knows a key by: the SHA-256 of its SubjectPublicKeyInfo, as base64."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(sha256(info).digest()).decode()


async def run(program: str, proxy_url: str, ca_certificate: Path, arguments: Sequence[str]) -> None:
    """Run the browser until it is closed; nothing of its profile stays.

    Args:
        arguments: URLs to open, and further flags.

    Raises:
        RecordError: it cannot be started, or fails.
    """
    profile = Path(tempfile.mkdtemp(prefix="ssetape-browser-"))
    pages = [] if any(not word.startswith("-") for word in arguments) else ["about:blank"]
    command = [program, *flags(proxy_url, ca_certificate, profile), *arguments, *pages]
    try:
        with tempfile.TemporaryFile() as said:
            code = await child.run(command, os.environ, output=said)
            if code and code not in _STOPPED:
                said.seek(0)
                lines = said.read().decode(errors="replace").split("\n")
                last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
                raise RecordError(f"{program} ended with {code}: {last.strip()}{_display_hint()}")
    finally:
        await _remove(profile)


def _display_hint() -> str:
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return "; there is no display here (DISPLAY, WAYLAND_DISPLAY): -- --headless=new needs none"


async def _remove(profile: Path) -> None:
    """Remove the profile, into which the browser's processes may write as they end."""
    for _ in range(_REMOVE_TRIES):
        shutil.rmtree(profile, ignore_errors=True)
        if not profile.exists():
            return
        await asyncio.sleep(_REMOVE_PAUSE_S)
    raise RecordError(f"cannot remove the browser's profile: {profile}")
