"""Reads media types, and other header values with parameters. Pure."""

import re

from ssetape.format.values import Headers, header_values

_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))')


def media_type(headers: Headers) -> tuple[str, dict[str, str]]:
    """The type of a body, "" without a label, and its parameters; names in lower case."""
    return with_parameters(next(iter(header_values(headers, "content-type")), ""))


def with_parameters(value: str) -> tuple[str, dict[str, str]]:
    """A header's value in lower case, and its parameters by name in lower case."""
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(value):
        text = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip()
        found.setdefault(name.lower(), text)
    return value.partition(";")[0].strip().lower(), found
