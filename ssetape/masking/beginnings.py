"""Finds the beginnings of secrets: snapshots repeat a message as far as it has come."""

from collections.abc import Iterable, Iterator

from ssetape.masking.findings import Finding

# Shorter secrets, and shorter beginnings, may be words that stand elsewhere, too.
_SECRET_BYTES = 20
_BEGINNING_BYTES = 10
# Less than a quarter of a secret gives nothing away.
_SHARE = 4
# Each secret is searched for.
_SECRETS = 100


def beginnings(found: Iterable[Finding], data: bytes) -> Iterator[Finding]:
    """Yield where `data` has no more than the beginning of a secret that was found in it."""
    plain = (item for item in found if not item.inside)
    secrets = {item.secret: item for item in plain if len(item.secret) >= _SECRET_BYTES}
    for secret, item in list(secrets.items())[:_SECRETS]:
        size = max(_BEGINNING_BYTES, len(secret) // _SHARE)
        place = data.find(secret[:size])
        while place >= 0:
            end = place + size
            while end - place < len(secret) and data[end : end + 1] == secret[end - place :][:1]:
                end += 1
            if end - place < len(secret):
                yield Finding(item.pattern, ((place, end),), data[place:end])
            place = data.find(secret[:size], end)
