"""A curl command that sends the request again."""

import re
import shlex
from base64 import b64encode
from collections.abc import Iterable
from typing import BinaryIO

from ssetape.capture import Capture
from ssetape.errors import ExportError
from ssetape.format.values import WEBSOCKET, Request
from ssetape.output.printable import printable

SUFFIX = ".sh"
SEVERAL = True
LOSES = "the response"
SUMMARY = "The curl command that sends the request again."

_PATTERN = re.compile(r"[\[\]{}]")
_DOTS = re.compile(r"/\.{1,2}(?:[/?#]|$)")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_SENDABLE = re.compile(r"[\r\n\0]")
# curl adds these, unless it is told not to.
_ADDED = ("Accept", "User-Agent")
# For a larger body it first asks whether to send it.
_EXPECT_BYTES = 1024 * 1024
# Linux passes on no argument of 128 KiB or more.
_ARGUMENT_BYTES = 100_000
# It sets these itself, from the URL, the body and the connection.
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
        out.write(_encoded(command(capture.request)) + b"\n")
    if problems:
        raise ExportError(*problems)


def command(request: Request, url: str | None = None) -> str:
    """The command for a POSIX shell, on several lines joined by backslashes.

    The value of a masked header becomes a required variable, named after the header.

    Args:
        url: the URL to request instead of the captured one.
    """
    notes, headers = _headers(request)
    if request.masked_query or request.masked_path:
        notes.append("the URL was masked: put the secrets back")
    if request.masked_body:
        notes.append("the body was masked: put the secrets back")
    words = [f"curl -N{_url_options(url or request.url)}", *_method(request, notes), *headers]
    before = ""
    if request.body:
        data, before = _data(request.body)
        words.append(data)
    return "\n".join([*(f"# {note}" for note in notes), before + " \\\n  ".join(words)])


def _url_options(address: str) -> str:
    """The URL, with the options that keep curl from reading more into it."""
    options = ""
    if _PATTERN.search(address):
        options += " --globoff"  # brackets and braces would be patterns, of many URLs
    if _DOTS.search(address):
        options += " --path-as-is"
    if address.startswith("-"):
        options += " --url"  # it would be an option
    return f"{options} {shlex.quote(address)}"


def _method(request: Request, notes: list[str]) -> list[str]:
    if request.method == ("POST" if request.body else "GET"):
        return []
    if request.method == "HEAD" and not request.body:
        return ["--head"]  # with -X curl would wait for a body
    if not _TOKEN.fullmatch(request.method):
        notes.append(f"left out: the method {printable(request.method)}")
        return []
    return [f"-X {shlex.quote(request.method)}"]


def _headers(request: Request) -> tuple[list[str], list[str]]:
    """What to tell about the headers, and the options that send them."""
    notes: list[str] = []
    words: list[str] = []
    given = set()
    for name, value in request.headers:
        given.add(name.lower())
        if not _TOKEN.fullmatch(name) or _NOT_SENDABLE.search(value):
            notes.append(f"left out, as no request can have it: the header {printable(name)}")
        elif name.lower() in request.masked_headers:
            words.append(f'-H {shlex.quote(name + ": ")}"${{{_variable(name)}:?}}"')
        elif name.lower() not in _OWN:
            # curl sends an empty header only if it is written with a semicolon.
            header = f"{name}: {_as_sent(value)}" if value.strip() else f"{name};"
            words.append(f"-H {shlex.quote(header)}")
    unwanted = [*_ADDED, *(["Content-Type"] if request.body else [])]
    if request.body and len(request.body) > _EXPECT_BYTES:
        unwanted.append("Expect")
    words += [f"-H {name}:" for name in unwanted if name.lower() not in given]
    return notes, words


def _variable(header: str) -> str:
    name = re.sub("[^A-Z0-9]", "_", header.upper())
    return f"_{name}" if name[0].isdigit() else name


def _as_sent(value: str) -> str:
    """A header's value as the text whose UTF-8 is its bytes; captures have them as Latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # from another program
        return value


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _data(body: bytes) -> tuple[str, str]:
    """The option that sends a body, and what the command needs in front of it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or text.startswith("@") or len(body) > _ARGUMENT_BYTES:
        return "--data-binary @-", f"printf %s {b64encode(body).decode()} | base64 -d | "
    return f"--data-binary {shlex.quote(text)}", ""
