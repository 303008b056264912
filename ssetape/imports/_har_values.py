"""Converts the values of an HTTP archive to those of captures."""

from base64 import b64decode
from binascii import Error as Base64Error
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from ssetape.errors import SourceError
from ssetape.format.values import Headers
from ssetape.imports._fields import Object, a_list, an_object, header_value, text

_VERSIONS = {"h2": "HTTP/2.0", "http/2": "HTTP/2.0", "h3": "HTTP/3", "http/3": "HTTP/3"}
# As browsers decode it: the five bytes without a character become control characters.
_WINDOWS_1252 = {
    ord(char): byte
    for byte in range(0x80, 0xA0)
    if (char := bytes([byte]).decode("cp1252", "ignore"))
}
_URL_SAFE = str.maketrans("-_", "+/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds(started: str, place: str) -> float | None:
    """A date, as ISO 8601 or HTTP have it, as seconds since 1970; None if empty."""
    if not started:
        return None
    try:
        moment = _http_date(started) or datetime.fromisoformat(started)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        since = (moment - _EPOCH) / timedelta(seconds=1)
    except (ValueError, OverflowError) as error:
        raise SourceError(
            f"{place}: expected a date such as 2026-11-23T09:30:12.123Z, {error}"
        ) from error
    if since < 0:
        raise SourceError(f"{place}: expected a date after 1970, found {started!r:.60}")
    return since


def _http_date(started: str) -> datetime | None:
    try:
        return parsedate_to_datetime(started) if "," in started else None
    except (ValueError, IndexError, TypeError):
        return None


def version(found: str) -> str:
    """An HTTP version as captures have it; "" if unknown."""
    return _VERSIONS.get(found.lower(), found.upper() if found.lower().startswith("http/") else "")


def headers(value: Any, place: str) -> Headers:
    """A list of headers."""
    found = []
    if isinstance(value, dict):  # some writers have an object for them
        value = [
            {"name": name, "value": item}
            for name, items in value.items()
            for item in (items if isinstance(items, list) else [items])
        ]
    for index, item in enumerate(a_list(value, place)):
        fields = an_object(item, f"{place}[{index}]")
        name = text(fields.get("name"), f"{place}[{index}].name")
        several = fields.get("value")  # Polly.js keeps those of the same name in a list
        for each in several if isinstance(several, list) else [several]:
            # Chrome joins headers of the same name, one per line; HTTP/2's own begin with a colon.
            for line in text(each, f"{place}[{index}].value").split("\n"):
                if name and not name.startswith(":"):
                    found.append((header_value(name), header_value(line)))
    return found


def is_base64(encoding: Any) -> bool:
    """Whether an archive's name for an encoding means base64."""
    return isinstance(encoding, str) and encoding.strip().lower().startswith("base64")


def content(found: str, encoding: Any, place: str) -> bytes:
    """The bytes of content that may be base64, in either alphabet, on lines, without padding."""
    if not is_base64(encoding):
        return found.encode("utf-8", "replace")
    plain = "".join(found.split()).rstrip("=").translate(_URL_SAFE)
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (Base64Error, ValueError) as error:
        raise SourceError(f"{place}: expected base64, found {found!r:.60}: {error}") from error


def read_as_windows_1252(found: str) -> bytes | None:
    """The bytes of UTF-8 text that a browser decoded as windows-1252; None if it was not.

    Chromium does so if a Content-Type names no charset, even for event streams. No other text
    becomes valid UTF-8 this way by chance.
    """
    if found.isascii():
        return None
    try:
        data = found.translate(_WINDOWS_1252).encode("latin-1")
        data.decode()
    except UnicodeError:
        return None
    return data


def tapped(found: object) -> Object:
    """The browser that a capture of ours was recorded inside of, if this names one; else {}."""
    fields = found if isinstance(found, dict) else {}
    return {
        name: fields[name] for name in ("browser", "target") if isinstance(fields.get(name), str)
    }


def edited(found: object) -> Object:
    """What a capture of ours was made of, and how, if this says it; else {}."""
    fields = found if isinstance(found, dict) else {}
    changes = fields.get("changes")
    if not isinstance(fields.get("from"), str) or not isinstance(changes, list):
        return {}
    kept = {name: fields[name] for name in ("from", "id", "recorder") if name in fields}
    return {
        **{name: value for name, value in kept.items() if isinstance(value, str)},
        "changes": [change for change in changes if isinstance(change, str)],
    }
