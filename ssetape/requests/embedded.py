"""Spells values inside queries and forms in one way: JSON and GraphQL. Pure."""

from ssetape.errors import MessageError
from ssetape.requests.graphql import is_graphql, normal_document
from ssetape.requests.json_values import canonical, parse_values


def embedded(value: str) -> str:
    """A value of a query or a form; JSON objects, arrays and GraphQL in one spelling."""
    start = value.lstrip()[:1]
    if start in ("{", "["):
        try:
            return canonical(parse_values(value)).decode()
        except MessageError:
            pass
    return normal_document(value) if is_graphql(value) else value
