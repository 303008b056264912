"""A curl command that sends the request again."""

import re
import shlex
from base64 import b64encode
from collections.abc import Iterable
from typing import BinaryIO

from ssetape.capture import Capture
from ssetape.errors import ExportError
from ssetape.format.values import WEBSOCKET, Request

SUFFIX = ".sh"
SEVERAL = True
LOSES = "the response"
SUMMARY = "The curl command that sends the request again."

_PATTERN = re.compile(r"[\[\]{}]")
# curl sets these itself, from the URL, the body and the connection.
_OWN = frozenset({"host", "content-length", "connection", "proxy-connection", "transfer-encoding"})


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write one command per capture.

    Raises:
        ExportError: a capture is of a WebSocket; the others are written.
    """
    problems: list[str] = []
    for capture in captures:
        if capture.kind == WEBSOCKET:
            problems.append(
                f"{capture.name} is a WebSocket capture, which no curl command can repeat"
            )
            continue
        out.write(command(capture.request).encode("utf-8", "replace") + b"\n")
    if problems:
        raise ExportError(*problems)


def command(request: Request, url: str | None = None) -> str:
    """The command for a POSIX shell, on several lines joined by backslashes.

    The value of a masked header becomes a required variable, named after the header.

    Args:
        url: the URL to request instead of the captured one.
    """
    address = url or request.url
    # To curl, brackets and braces in a URL are patterns, of many URLs.
    words = ["curl -N --globoff" if _PATTERN.search(address) else "curl -N", shlex.quote(address)]
    if request.method != ("POST" if request.body else "GET"):
        words.append(f"-X {shlex.quote(request.method)}")
    for name, value in request.headers:
        if name.lower() in request.masked_headers:
            variable = re.sub("[^A-Z0-9]", "_", name.upper())
            words.append(f'-H {shlex.quote(name + ": ")}"${{{variable}:?}}"')
        elif name.lower() not in _OWN:
            # curl sends an empty header only if it is written with a semicolon.
            header = f"{name}: {value}" if value.strip() else f"{name};"
            words.append(f"-H {shlex.quote(header)}")
    before = ""
    if request.body:
        data, before = _data(request.body)
        words.append(data)
    text = before + " \\\n  ".join(words)
    masked = []
    if request.masked_query or request.masked_path:
        masked.append("# the URL was masked: put the secrets back")
    if request.masked_body:
        masked.append("# the body was masked: put the secrets back")
    return "\n".join([*masked, text])


def _data(body: bytes) -> tuple[str, str]:
    """The option that sends a body, and what the command needs in front of it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or text.startswith("@"):
        return "--data-binary @-", f"printf %s {b64encode(body).decode()} | base64 -d | "
    return f"--data-binary {shlex.quote(text)}", ""
