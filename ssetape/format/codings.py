"""Which codings a body really has, whatever its Content-Encoding says.

Servers also write there what is no coding: `utf-8`, `none`, `aws-chunked`. All clients take such a
body as it is, and so does everything here.
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


def codings(headers: Headers) -> list[str]:
    """The codings of a body, lower case, in the order in which they were applied."""
    return [name for name in _named(headers) if name in _REGISTERED]


def meaningless(headers: Headers) -> list[str]:
    """What headers name as codings that are none."""
    return [name for name in _named(headers) if name not in _REGISTERED and name not in _NONE]


def _named(headers: Headers) -> list[str]:
    names = ",".join(header_values(headers, "content-encoding")).lower().split(",")
    return [name.strip(" \t\"'") for name in names]
