"""Conditional requests: 304 for clients that have the answer. RFC 9110, section 13. Pure."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ssetape.format.values import Headers, header_values

from ..exchange import ClientRequest

# They are about a body that is not sent: RFC 9110, section 15.4.5.
_OF_THE_BODY = ("content-length", "content-encoding", "content-type", "content-range")


def is_unchanged(asked: ClientRequest, status: int, response: Headers) -> bool:
    """Whether the client already has this response, by its ETag or date."""
    if asked.method not in ("GET", "HEAD") or status != 200:
        return False
    known = ",".join(asked.fields.get("if-none-match", ()))
    if known:  # takes precedence over If-Modified-Since
        tag = next(iter(header_values(response, "etag")), None)
        tags = {_strong(each) for each in known.split(",")}
        return tag is not None and bool({"*", _strong(tag)} & tags)
    since = _moment(asked.fields.get("if-modified-since", []))
    if since is None:
        return False
    modified = _moment(header_values(response, "last-modified"))
    return modified is not None and modified <= since


def not_modified(response: Headers) -> Headers:
    """The headers of the 304 in place of a response."""
    return [(name, value) for name, value in response if name.lower() not in _OF_THE_BODY]


def _strong(tag: str) -> str:
    return tag.strip().removeprefix("W/")


def _moment(values: list[str]) -> datetime | None:
    if len(values) != 1:
        return None
    try:
        moment = parsedate_to_datetime(values[0])
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
