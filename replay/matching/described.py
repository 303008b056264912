"""Describes a request by its features, without what the rules ignore. Pure."""

from ssetape.format.values import Headers, Request
from ssetape.requests.content import Content
from ssetape.requests.location import Location

from . import bodies, features
from .parts import header_value, last_event_id, says_nothing
from .rules import MatchRules


def described(
    at: Location,
    headers: Headers,
    content: Content,
    rules: MatchRules,
    captured: Request | None = None,
) -> features.Features:
    """The features of a request.

    Args:
        captured: the same request as captured, if it was: what is masked there does not count.
    """
    without = rules.ignored_query.union(captured.masked_query if captured else ())
    query = tuple(pair for pair in at.query if pair[0] not in without)
    body = bodies.without(content, rules.ignored_fields)
    found = features.features_of(Location(at.host, at.path, query), body)
    for name in rules.matched_headers:
        if captured is None or name not in captured.masked_headers:
            found[hash((name, header_value(headers, name)))] = features.HEADER
    if event_id := last_event_id(headers):
        found[hash(("last-event-id", event_id))] = features.EVENT_ID
    if not says_nothing(at.host):
        found[hash(("host", at.host))] = features.HOST
    return found
