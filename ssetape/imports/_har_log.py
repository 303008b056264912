"""Finds the entries of an HTTP archive, in each of the files in which tools keep them.

JSON as browsers export it; YAML, as Polly.js's persisters may write it; and the lines of a trace of
Playwright's, each with an entry in it.
"""

import json
import re
from typing import Any

from ssetape.errors import SourceError
from ssetape.imports._fields import a_list, an_object, parse_json
from ssetape.imports._yaml import parse_yaml

_BLANK = b"\xef\xbb\xbf \t\r\n"
_LOG = re.compile(rb'"log"\s*:\s*\{')
_ENTRIES = re.compile(rb'"entries"\s*:\s*\[')
_YAML = re.compile(rb"(?m)^log:[ \t]*\r?$")
_YAML_ENTRIES = re.compile(rb"(?m)^\s+(?:entries|creator|_recordingName):")
_TRACE = re.compile(rb'\{"type":"(?:resource-snapshot|context-options)",')
_SNAPSHOT = "resource-snapshot"


def is_archive(start: bytes, name: str) -> bool:
    """Whether a file with these first bytes and this name is an HTTP archive."""
    begin = start.lstrip(_BLANK)
    lower = name.lower()
    if begin.startswith(b"{"):
        is_named = lower.endswith(".har")
        return is_named or _TRACE.match(begin) is not None or _has_log(begin)
    has_log = _YAML.search(start) is not None and _YAML_ENTRIES.search(start) is not None
    return has_log or lower.endswith((".har.yaml", ".har.yml"))


def _has_log(begin: bytes) -> bool:
    log = _LOG.search(begin)
    if log is None:
        return False
    # A large page list may stand before the entries.
    return begin[1 : log.start()].strip() == b"" or _ENTRIES.search(begin) is not None


def entries(data: bytes) -> tuple[list[Any], str]:
    """The entries of an archive, and the place that they are at; raises SourceError."""
    begin = data.lstrip(_BLANK)
    if not begin:
        raise SourceError("the file is empty")
    if _TRACE.match(begin):
        return _snapshots(begin), "line"
    document = parse_json(data) if begin.startswith((b"{", b"[")) else parse_yaml(data)
    if isinstance(document, dict) and "log" not in document and "entries" in document:
        return a_list(document["entries"], "entries"), "entries"
    log = an_object(an_object(document, "the archive").get("log"), "log")
    return a_list(log.get("entries"), "log.entries"), "log.entries"


def _snapshots(data: bytes) -> list[Any]:
    found = []
    for line in data.splitlines():
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            continue  # a line that is cut off, or one of another kind
        if isinstance(item, dict) and item.get("type") == _SNAPSHOT:
            found.append(item.get("snapshot"))
    return found
