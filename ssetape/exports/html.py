"""A report: one HTML file with the capture inside, which loads nothing from the network."""

import re
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import BinaryIO

from ssetape.capture import Capture
from ssetape.page.payload import in_script, payload

SUFFIX = ".html"
SEVERAL = False
LOSES = (
    "records that this version does not know, trailers, bodies over 2 MB (their events stay), "
    "events after the first 100,000 or 16 MB"
)
SUMMARY = "A report for browsers in one file: waterfall, events, player, heads, bytes."

_IMPORT = re.compile(r"^import [^;]*? from '[^']*'\n", re.MULTILINE)
_EXPORT = re.compile("^export ", re.MULTILINE)

# Each after the ones it imports.
_MODULES = (
    *(
        "format",
        "rows",
        "event-list",
        "gaps",
        "waterfall",
        "player",
        "capture-parts",
        "capture-view",
    ),
    "report",
)


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write reports, holding one at a time.

    Raises:
        CaptureError: a capture cannot be read, or only in part.
    """
    for capture in captures:
        data = in_script(payload(capture))
        title = escape(f"{capture.request.method} {capture.request.url}"[:200])
        out.write(_start(title))
        out.write(b'<script type="application/json" id="capture">' + data + b"</script>\n")
        out.write(f'<script type="module">{script()}</script>\n'.encode())


def _start(title: str) -> bytes:
    allowed = (
        f"default-src 'none'; script-src {_digest(script())}; style-src {_digest(style())}; "
        "base-uri 'none'; form-action 'none'"
    )
    return f"""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{allowed}">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="ssetape">
<title>{title}</title>
<style>{style()}</style>
<body><noscript>This report needs JavaScript. All of it is in this file.</noscript></body>
""".encode()


@cache
def script() -> str:
    """All modules as one: a single file has nothing to import from."""
    modules = (_IMPORT.sub("", _static(f"{name}.js")) for name in _MODULES)
    return "\n".join(_EXPORT.sub("", module) for module in modules)


@cache
def style() -> str:
    """The style sheet."""
    return _static("style.css")


def _static(name: str) -> str:
    return (files("ssetape.page") / "static" / name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
