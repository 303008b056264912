"""The values of an HTTP archive, as captures have them."""

from base64 import b64decode
from binascii import Error as Base64Error
from datetime import UTC, datetime, timedelta
from typing import Any

from ssetape.errors import SourceError
from ssetape.format.values import Headers
from ssetape.imports._fields import a_list, an_object, header_value, text

_VERSIONS = {"h2": "HTTP/2.0", "http/2": "HTTP/2.0", "h3": "HTTP/3", "http/3": "HTTP/3"}
# As browsers have it: the five bytes that have no character in it are control characters.
_WINDOWS_1252 = {
    ord(char): byte
    for byte in range(0x80, 0xA0)
    if (char := bytes([byte]).decode("cp1252", "ignore"))
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds(started: str, place: str) -> float | None:
    """A date as seconds since 1970; None if there is none."""
    if not started:
        return None
    try:
        moment = datetime.fromisoformat(started)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        since = (moment - _EPOCH) / timedelta(seconds=1)
    except (ValueError, OverflowError) as error:
        raise SourceError(
            f"{place}: expected a date as 2026-11-23T09:30:12.123Z, {error}"
        ) from error
    if since < 0:
        raise SourceError(f"{place}: expected a date after 1970, found {started!r:.60}")
    return since


def version(found: str) -> str:
    """A protocol's name as captures have it; "" of one that is not known."""
    return _VERSIONS.get(found.lower(), found.upper() if found.lower().startswith("http/") else "")


def headers(value: Any, place: str) -> Headers:
    """A list of headers."""
    found = []
    for index, item in enumerate(a_list(value, place)):
        fields = an_object(item, f"{place}[{index}]")
        name = text(fields.get("name"), f"{place}[{index}].name")
        # Chrome puts several of one name into one, a line each; HTTP/2's own begin with a colon.
        for line in text(fields.get("value"), f"{place}[{index}].value").split("\n"):
            if name and not name.startswith(":"):
                found.append((header_value(name), header_value(line)))
    return found


def content(found: str, encoding: Any, place: str) -> bytes:
    """Content, which may be base64, as bytes."""
    if encoding != "base64":
        return found.encode("utf-8", "replace")
    try:
        return b64decode(found, validate=True)
    except (Base64Error, ValueError) as error:
        raise SourceError(f"{place}: expected base64, found {found!r:.60}: {error}") from error


def read_as_windows_1252(found: str) -> bytes | None:
    """The bytes of UTF-8 that a browser has read as windows-1252; None if this is no such text.

    Chromium reads so where a Content-Type names no charset, event streams too. That other text
    comes out as valid UTF-8 this way does not happen by chance.
    """
    if found.isascii():
        return None
    try:
        data = found.translate(_WINDOWS_1252).encode("latin-1")
        data.decode()
    except UnicodeError:
        return None
    return data
