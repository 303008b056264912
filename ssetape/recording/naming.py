"""Names the files of captures: by what was asked, then by when.

Standard library only, because the recorder loads it. `CaptureWriter.create` makes the name unique.
"""

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from ssetape.format.encode import timestamp
from ssetape.masking.by_place import MASK
from ssetape.masking.randomness import is_opaque

# File names are limited to 255 bytes, on eCryptfs to 143: this leaves room for the moment, what
# makes the name unique, and the suffix.
_KIND_LIMIT = 40
_HOST_LIMIT = 40
# Of a longer path only the end is looked at: the proxy waits.
_PATH_LIMIT = 1000
# Longer, a part of a path that is opaque only as a whole is taken for an identifier too.
_OPAQUE_CHARACTERS = 16

_VERSION = re.compile(r"v[0-9]\w*(\.\w+)*|[0-9.-]+(-preview)?|\w|\W*", re.IGNORECASE | re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
# With anything after the dot, the name of a device on Windows.
_DEVICE = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])\.")

# What many paths have and none is known by.
_SILENT = {"api", "rest", MASK.lower()}
# What says what is done, but not with what: the part before it does.
_VERBS = {
    *("completion", "completions", "connect", "create", "events", "invoke", "new", "run", "runs"),
    *("send", "sse", "start", "stream", "streaming", "submit", "subscribe", "ws"),
}


def capture_name(wall_ns: int, url: str) -> str:
    """The start of a file name: what was asked, or else of whom, then when.

    For example `chat-completions-20261123-093012`: safe on every file system, and short, so that a
    list of captures has room for more than names.
    """
    moment = timestamp(wall_ns)[:19].replace("-", "").replace(":", "").replace("T", "-")
    return f"{kind_of(url) or _host_of(url) or 'unknown'}-{moment}"


def kind_of(url: str) -> str:
    """What a request is known by: the last part of its path that tells; "" if none does.

    Versions, numbers and identifiers tell nothing; so secrets that look like such stay out.
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    if len(path) > _PATH_LIMIT:
        path = path[-_PATH_LIMIT:].partition("/")[2]
    told = [words for part in re.split(r"[/:]", path) if (words := _words(part))]
    kind = "-".join(told[-2:] if told and told[-1] in _VERBS else told[-1:])
    if len(kind) > _KIND_LIMIT:
        kind = kind[: _KIND_LIMIT + 1].rpartition("-")[0] or kind[:_KIND_LIMIT]
    return kind


def _host_of(url: str) -> str:
    """The end of a URL's host, which says whose it is."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    host = re.sub(r"[^a-z0-9.]+", "-", host.lower())[-_HOST_LIMIT:].strip("-.")
    return _DEVICE.sub(r"\1-", host)


def _words(part: str) -> str:
    """The words in a part of a path, joined by hyphens; "" if it tells nothing."""
    part = unquote(part.partition(";")[0])
    if _VERSION.fullmatch(part) or _UUID.search(part):
        return ""
    plain = unicodedata.normalize("NFKD", part).encode("ascii", "ignore").decode()
    pieces = list(filter(None, _NO_WORD.split(plain)))
    is_long = len(part) >= _OPAQUE_CHARACTERS
    if any(map(is_opaque, pieces)) or (is_long and is_opaque(part)):
        return ""
    words = "-".join(_HUMP.sub("-", piece) for piece in pieces).lower()
    return "" if words in _SILENT else words
