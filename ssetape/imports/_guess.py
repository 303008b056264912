"""Decides which format a file has; where it has none of them, says of each why."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ssetape import imports
from ssetape.errors import SourceError
from ssetape.imports._exchange import Given

# Not among `ssetape.imports`: mitmproxy itself reads its files.
MITM = "mitm"
# A bare body, of which the user may have to say what it is.
BODY = "sse"
# A tnetstring begins with its length, then the length and text of its first key.
_FLOW_FILE = re.compile(rb"[0-9]{1,12}:[0-9]{1,2}:[a-z_]+[;,]")
_FLOW_FILE_EXPECTS = "a flow, as mitmdump -w writes it"
# So much of a beginning is enough for people to know their file again.
_SHOWN_CHARACTERS = 40
_SHOWN_BYTES = 8
_SHOWN_KEYS = 5


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    recognises: Callable[[bytes, str], bool]
    expects: str


def names() -> list[str]:
    """All formats that there are."""
    return sorted([*imports.names(), MITM])


def guess(data: bytes, name: str, given: Given) -> str:
    """The format of a file; raises SourceError.

    A content type that the user gives makes it a body, unless it is an archive by its name, a flow
    file, or a trace of curl, of which it is one exchange's.
    """
    start = data[: imports.START_BYTES]
    candidates = list(_candidates())
    found = next((each.name for each in candidates if each.recognises(start, name)), None)
    is_archive = found in (MITM, "curl") or name.lower().endswith((".har", ".har.yaml"))
    if given.content_type and not is_archive:
        return BODY
    if found is None:
        whys = "; ".join(f"{each.name} expects {each.expects}" for each in candidates)
        raise SourceError(
            f"its format is unknown: it begins with {_shown(start)}. {whys}. If it is one of "
            f"these, name it with --format; if it is the body of a stream, say which with "
            f"--content-type"
        )
    return found


def _candidates() -> Iterator[_Candidate]:
    yield _Candidate(MITM, lambda start, _: _FLOW_FILE.match(start) is not None, _FLOW_FILE_EXPECTS)
    for name in imports.names():
        module = imports.load(name)
        yield _Candidate(name, module.recognises, module.EXPECTS)


def _shown(start: bytes) -> str:
    """A file's beginning, in words."""
    if not start.strip():
        return "nothing: it is empty"
    try:
        text = start[: 4 * _SHOWN_CHARACTERS].decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        text = start[: error.start].decode() if error.start > _SHOWN_CHARACTERS else ""
    if text and all(char.isprintable() or char in "\r\n\t" for char in text):
        keys = _keys(start)
        return f"a JSON object with {keys}" if keys else f"the text {text[:_SHOWN_CHARACTERS]!r}"
    return f"binary data ({start[:_SHOWN_BYTES].hex(' ')})"


def _keys(start: bytes) -> str:
    try:
        found = json.loads(start)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    return ", ".join(repr(key)[:_SHOWN_CHARACTERS] for key in list(found)[:_SHOWN_KEYS])
