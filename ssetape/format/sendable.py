"""Turns recorded heads into ones that can be sent again. Pure, and the recorder loads it.

A capture keeps a head as it came, which may be in a form that no sender may use. Where HTTP says
what a recipient reads instead, the replay sends that; everything else it refuses, as a capture may
come from anywhere, and must not be able to write a second response into a connection.
"""

import re
from dataclasses import replace

from ssetape.format.codings import codings, transfer_codings
from ssetape.format.decode import HEADERS_LIMIT
from ssetape.format.values import Headers, Request, Response

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# A field value that RFC 9112 allows: any bytes except NUL, CR and LF.
_VALUE = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\xff]*")
# A value continued on the next line: RFC 9112, section 5.2. What follows "\r\n" otherwise is a
# line of its own.
_FOLD = re.compile(r"[ \t]*\r?\n[ \t]+")
# NUL, and CR alone: RFC 9110, section 5.5.
_INVALID = re.compile(r"\0|\r(?!\n)")


def value(text: str) -> str:
    """A field value as a recipient has to read it: with spaces for folds, NUL, and CR alone."""
    return _INVALID.sub(" ", _FOLD.sub(" ", text))


def is_field(name: str, text: str) -> bool:
    """Whether a header, or trailer, is legal in HTTP."""
    return _TOKEN.fullmatch(name) is not None and _VALUE.fullmatch(text) is not None


def response(recorded: Response) -> Response:
    """The head to send for a recorded one.

    Transfer codings become content codings: a transfer coding is for clients that asked for it
    (RFC 9112, section 7.4), HTTP/2 has none, and ASGI servers set it themselves.
    """
    headers = [(name, value(text)) for name, text in recorded.headers]
    if transfer_codings(headers):
        headers = _with_content_encoding(headers, ", ".join(codings(headers)))
    return replace(recorded, reason=value(recorded.reason), headers=headers)


def _with_content_encoding(headers: Headers, named: str) -> Headers:
    """`headers` with this Content-Encoding, where they have their Transfer-Encoding."""
    sent: Headers = []
    for name, text in headers:
        if name.lower() == "transfer-encoding" and named:
            sent += [("Content-Encoding", named), (name, "chunked")]
            named = ""  # and what names transfer codings once more is left out
        elif name.lower() not in ("content-encoding", "transfer-encoding"):
            sent.append((name, text))
    return sent


def problem(found: Response, *, is_websocket: bool = False) -> str | None:
    """Say why a head cannot be sent, after `response`; None if it can.

    Args:
        is_websocket: whether it opened a WebSocket: with status 101, or over HTTP/2 with 200.
    """
    if not (200 <= found.status <= 999 or (is_websocket and found.status == 101)):
        return f"status {found.status} does not belong to a final response"
    if not _VALUE.fullmatch(found.reason):
        return f"reason phrase {found.reason!r:.200} is not legal in HTTP"
    for name, text in found.headers:
        if not _TOKEN.fullmatch(name):
            return f"header {name!r:.200} is not legal in HTTP"
        if illegal := _VALUE.sub("", text):  # the value may be a secret
            return f"header {name!r:.200} is not legal in HTTP: its value has {illegal[0]!r}"
    if len(found.headers) > HEADERS_LIMIT:
        return f"it has {len(found.headers)} headers, more than {HEADERS_LIMIT}"
    return None


def request_problem(asked: Request) -> str | None:
    """Say why no client can send a request again; None if one can."""
    if asked.method == "CONNECT":
        return "it asks for a tunnel (CONNECT)"
    if not _TOKEN.fullmatch(asked.method):
        return f"method {asked.method!r:.200} is not legal in HTTP"
    return None
