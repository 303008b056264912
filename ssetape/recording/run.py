"""Says which captures one recorder wrote, and when in its run each request was sent.

A replay needs the order of requests of several captures. A monotonic clock of the run gives it
even if the wall clock is set meanwhile.
"""

from collections.abc import Iterable
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from ssetape.format.values import Headers, Request
from ssetape.masking.findings import placeholder

# Of a placeholder: with less, different ids could have equal ones.
_DIGEST_CHARACTERS = len("masked-") + 12

_ID = uuid4().hex
_BEGAN_S = perf_counter()


def place(sent_s: float, connection: str = "") -> dict[str, Any]:
    """The field `run` of a header.

    Args:
        sent_s: when the request was sent, as `time.perf_counter()`.
        connection: the id of the client's connection, "" if it is not known.
    """
    found: dict[str, Any] = {"id": _ID, "at": round(sent_s - _BEGAN_S, 6)}
    return {**found, "connection": connection} if connection else found


def masked_ids(request: Request, query: Iterable[str], received: Headers, salt: bytes) -> list[str]:
    """What stands in masked bodies for the ids of a session that are masked in a head.

    By them a reader still sees which captures belong together.

    Args:
        request: the request, unmasked.
        query: the names of its masked parameters.
        received: the headers of its response, unmasked.
        salt: that of the masking of bodies.
    """
    names = set(query)
    pairs = parse_qsl(request.url.partition("?")[2].partition("#")[0])
    values = [value for name, value in pairs if name in names]
    values += [v for name, v in (*request.headers, *received) if "session" in name.lower()]
    found = (placeholder(value.encode("utf-8", "replace"), salt).decode() for value in values)
    return [each[:_DIGEST_CHARACTERS] for each in found if len(each) >= _DIGEST_CHARACTERS]
