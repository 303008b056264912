"""Looks into bodies with a Content-Encoding: only what they decode to can show a secret."""

import json
from binascii import a2b_base64
from collections.abc import Iterable, Sequence
from typing import Any

from ssetape.format.codings import codings, split_coding
from ssetape.format.values import BYTES, HEAD, TEXT, WEBSOCKET, Headers
from ssetape.masking.body import BodyMasker, Part
from ssetape.masking.findings import Finding
from ssetape.messages.decoding import BodyDecoder, held


def pairs(headers: Iterable[Sequence[str]]) -> Headers:
    """The headers of a record."""
    return [(name, value) for name, value in headers]


def coding(headers: Iterable[list[str]]) -> str:
    """The codings of the body that headers name, or "" if there are none."""
    return ", ".join(codings(pairs(headers)))


def without_coding(fields: dict[str, Any]) -> None:
    """Remove the headers that do not hold for a body once it is decoded."""
    kept, _ = split_coding(pairs(fields["headers"]))
    fields["headers"] = [list(pair) for pair in kept]


def has_secrets(lines: Iterable[bytes]) -> bool:
    """Whether a capture's response body is encoded and decodes to something with secrets.

    Raises:
        ValueError, LookupError, TypeError: a line is not as a recorder writes it.
        DecodingError: the body does not decode, or unfolds to too much.
    """
    lines = iter(lines)
    if json.loads(next(lines, b"")).get("kind") == WEBSOCKET:
        return False
    found: list[Finding] = []
    body = BodyMasker(b"", lambda _, finding: found.append(finding))
    decoder: BodyDecoder | None = None
    for line in lines:
        if not line.strip() or not line.endswith(b"\n"):
            continue
        record = json.loads(line)
        if record[1] == HEAD:
            if not coding(record[2].get("headers", [])):
                return False
            decoder = BodyDecoder(pairs(record[2]["headers"]))
        elif decoder is not None and record[1] in (TEXT, BYTES):
            data = record[2].encode() if record[1] == TEXT else a2b_base64(record[2])
            # As it would be masked: what cannot be is not searched either.
            for _ in body.take(Part(0.0, held(decoder.feed(data)))):
                pass
            if found:
                return True
    for _ in body.rest():
        pass
    return bool(found)
