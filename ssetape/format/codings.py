"""Names the codings of a response body, wherever its head has them. Standard library only."""

from ssetape.format.values import Headers, header_values

# Transfer codings that leave the content as it is: what a recorder keeps is without them.
_FRAMING = frozenset({"chunked", "identity", ""})


def codings(headers: Headers) -> list[str]:
    """The codings that were applied to a body, in that order: those of its content, then those of
    its transfer, which a recorder does not undo either (`Transfer-Encoding: gzip, chunked`)."""
    return [name for name in _names(headers, "content-encoding") if name] + transfer_codings(
        headers
    )


def transfer_codings(headers: Headers) -> list[str]:
    """The codings that Transfer-Encoding names, without `chunked`."""
    return [name for name in _names(headers, "transfer-encoding") if name not in _FRAMING]


def _names(headers: Headers, field: str) -> list[str]:
    names = ",".join(header_values(headers, field)).lower().split(",")
    return [name.strip() for name in names]
