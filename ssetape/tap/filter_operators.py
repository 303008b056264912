"""What the operators of mitmproxy's filter expressions say of an exchange's heads. No I/O."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ssetape.format.values import Headers, header_values


@dataclass(frozen=True, slots=True)
class Heads:
    """What a filter is asked about: an exchange whose response head has come.

    Attributes:
        url: absolute; that of a WebSocket starts with ws or wss.
    """

    method: str
    url: str
    request_headers: Headers
    response_headers: Headers
    status: int

    @property
    def is_websocket(self) -> bool:
        """Whether it is a WebSocket."""
        return self.url.startswith(("ws:", "wss:"))

    @property
    def http_url(self) -> str:
        """The URL that was requested, which is what mitmproxy calls a WebSocket's, too."""
        return self.url.replace("ws", "http", 1) if self.is_websocket else self.url


Filter = Callable[[Heads], bool]


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _lines(headers: Headers) -> bytes:
    return b"".join(_bytes(f"{name}: {value}\r\n") for name, value in headers)


def _types(*headers: Headers) -> list[bytes]:
    return [_bytes(value) for each in headers for value in header_values(each, "content-type")]


def _hosts(heads: Heads) -> list[str]:
    """The host as it is sent, and as people write it."""
    hosts: list[str] = []
    try:
        hosts.append(urlsplit(heads.url).hostname or "")
        hosts.append(hosts[0].encode().decode("idna"))
    except ValueError:  # includes UnicodeError
        pass
    return hosts


_ASSET = re.compile(
    rb"text/javascript|application/(x-)?javascript|text/css|(image|font)/|application/font"
)

# Operators without an argument.
PLAIN: dict[str, Filter] = {
    "a": lambda heads: any(_ASSET.search(value) for value in _types(heads.response_headers)),
    "all": lambda heads: True,
    "http": lambda heads: True,
    "q": lambda heads: False,  # a request that has no response
    "s": lambda heads: True,  # one that has
    "websocket": lambda heads: heads.is_websocket,
}
# Operators with a regular expression: what it is searched in, as text.
TEXTS: dict[str, Callable[[Heads], list[str]]] = {
    "d": _hosts,
    "u": lambda heads: [heads.http_url],
}
# The same, as the bytes that were sent.
BYTES: dict[str, Callable[[Heads], list[bytes]]] = {
    "h": lambda heads: [_lines(heads.request_headers), _lines(heads.response_headers)],
    "hq": lambda heads: [_lines(heads.request_headers)],
    "hs": lambda heads: [_lines(heads.response_headers)],
    "m": lambda heads: [_bytes(heads.method)],
    "t": lambda heads: _types(heads.request_headers, heads.response_headers),
    "tq": lambda heads: _types(heads.request_headers),
    "ts": lambda heads: _types(heads.response_headers),
}
# The operator with a number.
STATUS = "c"
# All that can be answered.
ANSWERED = sorted([*PLAIN, *TEXTS, *BYTES, STATUS])

# mitmproxy's other operators, and what they ask for.
UNANSWERED = {
    **dict.fromkeys(("b", "bq", "bs"), "the body, of which nothing has come yet"),
    **dict.fromkeys(("comment", "marked", "marker", "meta"), "notes that only mitmproxy takes"),
    **dict.fromkeys(("dns", "tcp", "udp"), "protocols other than HTTP and WebSocket"),
    **dict.fromkeys(("dst", "src"), "addresses, which only a proxy sees"),
    **dict.fromkeys(("replay", "replayq", "replays"), "replays by mitmproxy"),
    "e": "errors, of which none is known yet",
}


def searching(name: str, pattern: str) -> Filter:
    """The filter of an operator in TEXTS or BYTES.

    Raises:
        ValueError: the pattern is not a regular expression.
    """
    # With MULTILINE, ^ and $ match at lines, of which only a list of headers has more than one.
    flags = re.IGNORECASE | re.MULTILINE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # `[[` is legal, and means itself
            if name in TEXTS:
                texts, text = TEXTS[name], re.compile(pattern, flags)
                return lambda heads: any(text.search(each) for each in texts(heads))
            pieces, piece = BYTES[name], re.compile(pattern.encode(), flags)
            return lambda heads: any(piece.search(each) for each in pieces(heads))
    except (re.error, OverflowError, RecursionError, UnicodeError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
