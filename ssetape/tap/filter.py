"""Filter expressions, as far as mitmproxy's can be answered when a response's head is there.

https://docs.mitmproxy.org/stable/concepts/filters/ has the language. mitmproxy need not be
installed to tap, and its parser cannot be had without it: this one is compared with it in the
tests.
"""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ssetape.errors import RecordOptionError
from ssetape.format.values import Headers, header_values


@dataclass(frozen=True, slots=True)
class Heads:
    """What a filter is asked about: an exchange whose response's head is there."""

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
        """The URL, with the scheme that mitmproxy sees."""
        return self.url.replace("ws", "http", 1) if self.is_websocket else self.url


Filter = Callable[[Heads], bool]
_Matches = Callable[["re.Pattern[str]", Heads], bool]

_ASSET = re.compile(
    r"(text/(javascript|css)|application/(x-)?javascript|image/|font/|application/font)"
)

_PLAIN: dict[str, Filter] = {
    "all": lambda heads: True,
    "http": lambda heads: True,
    "s": lambda heads: True,
    "websocket": lambda heads: heads.is_websocket,
    "a": lambda heads: any(map(_ASSET.search, _types(heads.response_headers))),
}
_WITH_REGEX: dict[str, _Matches] = {
    "u": lambda regex, heads: bool(regex.search(heads.http_url)),
    "d": lambda regex, heads: bool(regex.search(urlsplit(heads.http_url).hostname or "")),
    "m": lambda regex, heads: bool(regex.search(heads.method)),
    "t": lambda regex, heads: (
        _has_type(regex, heads.request_headers) or _has_type(regex, heads.response_headers)
    ),
    "tq": lambda regex, heads: _has_type(regex, heads.request_headers),
    "ts": lambda regex, heads: _has_type(regex, heads.response_headers),
    "h": lambda regex, heads: bool(
        regex.search(_block(heads.request_headers)) or regex.search(_block(heads.response_headers))
    ),
    "hq": lambda regex, heads: bool(regex.search(_block(heads.request_headers))),
    "hs": lambda regex, heads: bool(regex.search(_block(heads.response_headers))),
}
_CODE = "c"

_TOKEN = re.compile(
    r"""\s*(?: (?P<operator>[()!&|]) | ~(?P<code>[a-z]+)(?![^\s()~'"])
         | (?P<quote>["'])(?P<quoted>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)
         | (?P<word>[^()~'"\s]+) )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def parse(expression: str) -> Filter:
    """The filter that an expression stands for; "" lets everything through.

    Raises:
        RecordOptionError: it is not a filter expression, or one that nobody can answer here.
    """
    if not expression.strip():
        return lambda heads: True
    parser = _Parser(expression)
    found = parser.all()
    parser.expect_end()
    return found


class _Parser:
    """Recursive descent: terms side by side, of which all count; in each `|`, `&`, `!`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def all(self) -> Filter:
        terms = [self._any()]
        while self._ahead() not in ("", ")"):
            terms.append(self._any())
        return terms[0] if len(terms) == 1 else lambda heads: all(term(heads) for term in terms)

    def expect_end(self) -> None:
        if self._ahead():
            raise self._wrong("nothing more")

    def _any(self) -> Filter:
        terms = [self._both()]
        while self._ahead() == "|":
            self._next()
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else lambda heads: any(term(heads) for term in terms)

    def _both(self) -> Filter:
        terms = [self._not()]
        while self._ahead() == "&":
            self._next()
            terms.append(self._not())
        return terms[0] if len(terms) == 1 else lambda heads: all(term(heads) for term in terms)

    def _not(self) -> Filter:
        if self._ahead() == "!":
            self._next()
            inner = self._not()
            return lambda heads: not inner(heads)
        if self._ahead() == "(":
            self._next()
            inner = self.all()
            if self._ahead() != ")":
                raise self._wrong("a closing parenthesis")
            self._next()
            return inner
        return self._term()

    def _term(self) -> Filter:
        if self._ahead() in ("", ")", "&", "|"):
            raise self._wrong("a filter")
        start = self._place
        token = self._next()
        code = token["code"]
        if code is None:
            return self._with_regex("u", _unquoted(token))
        if code in _PLAIN:
            return _PLAIN[code]
        if code not in _WITH_REGEX and code != _CODE:
            self._place = start
            known = ", ".join(f"~{name}" for name in sorted((*_PLAIN, *_WITH_REGEX, _CODE)))
            raise self._wrong(f"one of {known}, which a response's head can answer")
        if self._ahead() in ("", "(", ")"):
            raise self._wrong(f"a value for ~{code}")
        start = self._place
        token = self._next()
        if token["code"] is not None:
            self._place = start
            raise self._wrong(f"a value for ~{code}")
        value = _unquoted(token)
        if code != _CODE:
            return self._with_regex(code, value)
        if not value.isdecimal():
            self._place = start
            raise self._wrong("a status such as 200")
        return lambda heads: heads.status == int(value)

    def _with_regex(self, code: str, value: str) -> Filter:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # `[[` is legal, and means itself
                regex = re.compile(value, re.IGNORECASE | re.MULTILINE)
        except re.error as error:
            raise RecordOptionError(
                f"--filter {self._text!r}: {value!r} is not a regular expression: {error}"
            ) from error
        matches = _WITH_REGEX[code]
        return lambda heads: matches(regex, heads)

    def _ahead(self) -> str:
        """The operator that comes next; another token's text; "" at the end."""
        rest = self._text[self._place :].lstrip()
        return rest[:1]

    def _next(self) -> "re.Match[str]":
        found = _TOKEN.match(self._text, self._place)
        if found is None:
            raise self._wrong("a filter")
        self._place = found.end()
        return found

    def _wrong(self, expected: str) -> RecordOptionError:
        rest = self._text[self._place :].lstrip()
        place = len(self._text) - len(rest)
        found = repr(rest[:20]) if rest else "the end"
        return RecordOptionError(
            f"--filter {self._text!r}: at character {place + 1}: expected {expected}, found {found}"
        )


def _unquoted(token: "re.Match[str]") -> str:
    """The text of a word, or in quotes: there a backslash is dropped, as mitmproxy does."""
    if token["quote"] is None:
        return token["word"] if token["word"] is not None else token["operator"]
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), token["quoted"], flags=re.DOTALL)


def _types(headers: Headers) -> list[str]:
    return header_values(headers, "content-type")


def _has_type(regex: "re.Pattern[str]", headers: Headers) -> bool:
    return any(map(regex.search, _types(headers)))


def _block(headers: Headers) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers)
