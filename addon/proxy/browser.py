"""Runs a browser through the proxy, with a temporary profile."""

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

# Against requests that the user did not make, and the questions of a new profile.
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

# Exit codes after SIGHUP, SIGINT and SIGTERM: people end a browser this way too.
_STOPPED = (128 + 1, 128 + 2, 128 + 15)

_REMOVE_TRIES = 50
_REMOVE_PAUSE_S = 0.1


def find(path: str | None = None) -> str:
    """The path of a browser: `path`, or an installed Chromium, Chrome or Edge.

    Raises:
        RecordError: no browser was found.
    """
    if path is not None:
        found = shutil.which(os.path.expanduser(path))
        if found is None:
            raise RecordError(f"--browser-path {path}: there is no such program")
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
        f"found no browser: looked for {', '.join((*_NAMES, *applications))}; "
        f"choose another Chromium with --browser-path"
    )


def flags(proxy_url: str, ca_certificate: Path, profile: Path) -> list[str]:
    """The flags that send all of Chromium's requests through the proxy and trust its key."""
    trusted = spki_hash(ca_certificate)
    chosen = [
        f"--user-data-dir={profile}",
        f"--proxy-server={proxy_url}",
        "--proxy-bypass-list=<-loopback>",  # also for servers on this machine
        f"--ignore-certificate-errors-spki-list={trusted}",
        "--disable-quic",  # it would go around the proxy
        *_QUIET,
    ]
    if sys.platform == "linux" and os.geteuid() == 0:
        chosen.append("--no-sandbox")  # without it Chromium does not run as root
    return chosen


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
                lines = output.read().decode(errors="replace").split("\n")
                last = next((line for line in reversed(lines) if line.strip()), "no output")
                raise RecordError(f"{program} exited with {code}: {last.strip()}{_display_hint()}")
    finally:
        await _remove(profile)


def _display_hint() -> str:
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return "; no display is set (DISPLAY, WAYLAND_DISPLAY): to run without one, -- --headless=new"


async def _remove(profile: Path) -> None:
    """Remove the profile; retries, because exiting browser processes may still write to it."""
    for _ in range(_REMOVE_TRIES):
        shutil.rmtree(profile, ignore_errors=True)
        if not profile.exists():
            return
        await asyncio.sleep(_REMOVE_PAUSE_S)
    raise RecordError(f"cannot remove the browser's profile: {profile}")
