"""Finds a browser based on Chromium, and knows the flags that all browsers started here have."""

import os
import shutil
import sys
from pathlib import Path

from ssetape.errors import RecordError

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
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    # Fields that forms may have, hints for pages, models, the time. A user's own flag of this name
    # replaces this one.
    "--disable-features=AutofillServerCommunication,NetworkTimeServiceQuerying,OptimizationHints,"
    "OptimizationHintsFetching,OptimizationGuideModelDownloading,OptimizationTargetPrediction",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--password-store=basic",
)


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


def flags(profile: Path) -> list[str]:
    """The flags of any browser started here."""
    chosen = [f"--user-data-dir={profile}", *_QUIET]
    if sys.platform == "linux" and os.geteuid() == 0:
        chosen.append("--no-sandbox")  # without it Chromium does not run as root
    return chosen


def last_words(output: bytes, headless: str) -> str:
    """The last line that a browser printed, and a hint if it may have needed a display.

    Args:
        headless: how to run it without one.
    """
    lines = output.decode(errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "no output")
    return last.strip() + _display_hint(headless)


def _display_hint(headless: str) -> str:
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return f"; no display is set (DISPLAY, WAYLAND_DISPLAY): to run without one, {headless}"
