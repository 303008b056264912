"""Which codings a body really has, whatever its headers say. Standard library only.

Servers also write into Content-Encoding what is no coding: `utf-8`, `none`, `aws-chunked`. All
clients take such a body as it is, and so does everything here.
"""

from ssetape.format.values import Headers, header_values

# https://www.iana.org/assignments/http-parameters (HTTP Content Coding Registry), and the aliases
# of RFC 9110 section 8.4.1. A body with one of them is not what it unfolds to, whether or not we
# can decode it.
_REGISTERED = frozenset(
    {
        "aes128gcm",
        "br",
        "compress",
        "dcb",
        "dcz",
        "deflate",
        "exi",
        "gzip",
        "pack200-gzip",
        "x-compress",
        "x-gzip",
        "zstd",
    }
)
_NONE = ("", "identity")
_OF_THE_CODED = ("content-encoding", "content-length")


def codings(headers: Headers) -> list[str]:
    """The codings of a body, lower case, in the order in which they were applied.

    Those of its content, then those of its transfer, which a recorder does not undo either
    (`Transfer-Encoding: gzip, chunked`).
    """
    content = [name for name in _named(headers, "content-encoding") if name in _REGISTERED]
    return content + transfer_codings(headers)


def transfer_codings(headers: Headers) -> list[str]:
    """The codings of a body that Transfer-Encoding names: not `chunked`, which only frames it."""
    return [name for name in _named(headers, "transfer-encoding") if name in _REGISTERED]


def meaningless(headers: Headers) -> list[str]:
    """What Content-Encoding names that is no coding."""
    named = _named(headers, "content-encoding")
    return [name for name in named if name not in _REGISTERED and name not in _NONE]


def split_coding(headers: Headers) -> tuple[Headers, Headers]:
    """The headers that hold for a body once it is decoded, and those that no longer do."""
    kept: Headers = []
    undone: Headers = []
    for pair in headers:
        is_undone = pair[0].lower() in _OF_THE_CODED or transfer_codings([pair])
        (undone if is_undone else kept).append(pair)
    return kept, undone


def _named(headers: Headers, field: str) -> list[str]:
    names = ",".join(header_values(headers, field)).lower().split(",")
    return [name.strip(" \t\"'") for name in names]
