"""Spells GraphQL requests in one way. Pure.

https://spec.graphql.org/October2021/#sec-Source-Text.Ignored-Tokens
"""

import re
from typing import Any

# Strings stay as they are. All else that is not a token means nothing: space, commas, comments.
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|#[^\n\r]*|\.\.\.|[^\s,\ufeff"#.\w-]|[\w.-]+'
    r'|"',
    re.DOTALL,
)
_BEGINNING = re.compile(r"(?:[\s,\ufeff]|#[^\n\r]*[\n\r])*(?:(?:query|mutation|subscription)\b|\{)")
_OPERATION = re.compile(r"(?:^|\} )(?:query|mutation|subscription|\{)")
_FIELDS = frozenset({"query", "variables", "operationName", "extensions"})


def is_graphql(text: str) -> bool:
    """Whether a text is a GraphQL document rather than words to search for."""
    return _BEGINNING.match(text) is not None and "{" in text and "}" in text


def normal_document(text: str) -> str:
    """A document without what means nothing in it."""
    return " ".join(token for token in _TOKEN.findall(text) if not token.startswith("#"))


def normal_request(value: Any) -> Any:
    """A GraphQL request (or several, in a list) by query and variables; other JSON as it is."""
    if type(value) is list:
        return [normal_request(each) for each in value] if _is_batch(value) else value
    if not _is_request(value):
        return value
    query = normal_document(value["query"])
    found = {"query": query, "variables": value.get("variables") or {}}
    # The name of the only operation says nothing new.
    if value.get("operationName") and len(_OPERATION.findall(query)) > 1:
        found["operationName"] = value["operationName"]
    return found


def _is_batch(value: list[Any]) -> bool:
    return bool(value) and all(map(_is_request, value))


def _is_request(value: Any) -> bool:
    if type(value) is not dict or not value.keys() <= _FIELDS:
        return False
    query = value.get("query")
    return type(query) is str and is_graphql(query)
