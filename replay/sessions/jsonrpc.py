"""Reads and changes the ids of JSON-RPC messages. Pure: bytes in, bytes out.

A client numbers its requests as it likes; an answer has to carry the number of its request.
https://www.jsonrpc.org/specification
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

Id = str | int

# A larger body is an upload.
_REQUEST_LIMIT_BYTES = 4 * 1024 * 1024
_DATA_LINE = re.compile(rb"^data: ?([^\r\n]*)", re.MULTILINE)


def request_id(body: bytes) -> Id | None:
    """The id of a JSON-RPC request; None if the body is none, or a notification, or a batch."""
    if b"jsonrpc" not in body or len(body) > _REQUEST_LIMIT_BYTES:
        return None
    message = _message(body)
    return _id(message.get("id")) if "method" in message else None


def content(body: bytes) -> bytes | None:
    """What a JSON-RPC request asks, whatever its number; None if the body is none."""
    if request_id(body) is None:
        return None
    message = _message(body)
    del message["id"]
    meta = message["params"].get("_meta") if isinstance(message.get("params"), dict) else None
    if isinstance(meta, dict):  # the number once more
        meta.pop("progressToken", None)
    return orjson.dumps(message, option=orjson.OPT_SORT_KEYS)


def answered(data: bytes) -> set[Id]:
    """The ids of the requests that the messages in events, or in a body, are about."""
    about = (_about(_message(data[begin:end])) for begin, end in _documents(data))
    return {each for each in about if each is not None}


def renumbered(data: bytes, old: Id, new: Id) -> tuple[int, int, bytes] | None:
    """Where an answer has the id of its request, and what to put there: begin, end, bytes.

    None if no message in `data` is about the request `old`.
    """
    for begin, end in _documents(data):
        document = data[begin:end]
        message = _message(document)
        if _about(message) != old:
            continue
        pattern = rb'"(?:id|progressToken)"\s*:\s*(%s)' % re.escape(orjson.dumps(old))
        for match in re.finditer(pattern, document):
            changed = document[: match.start(1)] + orjson.dumps(new) + document[match.end(1) :]
            # The same words may be deep inside a result, where they are no id.
            if _message(changed) == _with_id(message, new):
                return begin + match.start(1), begin + match.end(1), orjson.dumps(new)
    return None


def _documents(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the JSON texts are: the data of events, or all of a body."""
    if data.lstrip()[:1] in (b"{", b"["):
        yield 0, len(data)
    else:
        for match in _DATA_LINE.finditer(data):
            yield match.span(1)


def _about(message: dict[str, Any]) -> Id | None:
    if "method" not in message and ("result" in message or "error" in message):
        return _id(message.get("id"))
    params = message.get("params")
    return _id(params.get("progressToken")) if isinstance(params, dict) else None


def _with_id(message: dict[str, Any], new: Id) -> dict[str, Any]:
    if "method" not in message:
        return {**message, "id": new}
    return {**message, "params": {**message["params"], "progressToken": new}}


def _id(value: object) -> Id | None:
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def _message(document: bytes) -> dict[str, Any]:
    try:
        message = orjson.loads(document)
    except orjson.JSONDecodeError:
        return {}
    return message if isinstance(message, dict) and "jsonrpc" in message else {}
