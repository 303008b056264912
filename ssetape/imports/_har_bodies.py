"""Finds the bodies of an HTTP archive's entries, in every form in which tools keep them.

Text or base64 in the archive; a file beside it (Playwright); the fields of a form instead of its
text; the chunks of a compressed body in a JSON array, in base64 or hexadecimal (Polly.js).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ssetape.errors import SourceError
from ssetape.format.values import Headers, header_values
from ssetape.imports import _har_values as values
from ssetape.imports._exchange import Beside
from ssetape.imports._fields import Object, a_list, an_object, number, text

# How Playwright refers to a file: in an archive, and in a trace.
_FILE, _IN_TRACE = "_file", "_sha1"
_TRACE_FOLDER = "resources/"
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")
_BOUNDARY = re.compile(r'(?i)boundary="?([^";,\s]+)')
_NO_BODY = "the archive has no body for this response"


@dataclass(frozen=True, slots=True)
class Body:
    """A response's body.

    Attributes:
        data: None if the archive has none.
        is_text: whether the source has it as text: decoded, and perhaps with the wrong charset.
        missing: why there is none although there should be one; "" if all is well.
    """

    data: bytes | None
    is_text: bool = False
    missing: str = ""


def response_body(value: Any, beside: Beside, place: str) -> Body:
    """The body in a response's content; raises SourceError."""
    if isinstance(value, list):
        return _joined(value, beside, place)
    content = {"text": value} if isinstance(value, str) else an_object(value or {}, place)
    if (name := _file_name(content, place)) is not None:
        data = beside(name)
        if data is None:
            raise SourceError(
                f"{place}: the body is in the file {name!r:.100}, which is not beside the archive: "
                f"import the folder's copy of the archive, or the whole zip"
            )
        return Body(data)
    found = content.get("text")
    size_bytes = number(content.get("size"), f"{place}.size") or 0
    if found is None or (found == "" and size_bytes > 0):
        return Body(None, missing=_NO_BODY)
    if isinstance(found, list):
        return _joined(found, beside, f"{place}.text", content.get("encoding"))
    return _of_text(text(found, f"{place}.text"), content, f"{place}.text")


def _of_text(found: str, content: Object, place: str) -> Body:
    coding = content.get("encoding")
    if found.startswith("[") and (coding == "base64" or content.get("_isBinary") is True):
        parts = _array_of_text(found)
        if parts is not None:
            return Body(b"".join(_decoded(part, coding, place) for part in parts))
    if content.get("_isBinary") is True and not coding and _HEX.fullmatch(found):
        return Body(bytes.fromhex(found))
    is_text = not values.is_base64(coding)
    return Body(values.content(found, coding, place), is_text=is_text)


def _array_of_text(found: str) -> list[str] | None:
    try:
        parts = json.loads(found)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(parts, list) and all(isinstance(part, str) for part in parts)
    return parts if is_one else None


def _decoded(part: str, coding: Any, place: str) -> bytes:
    if not coding and _HEX.fullmatch(part):
        return bytes.fromhex(part)
    return values.content(part, coding, place)


def _joined(parts: list[Any], beside: Beside, place: str, coding: Any = None) -> Body:
    """A body in parts, each as a whole body is."""
    found = []
    for index, part in enumerate(parts):
        here = f"{place}[{index}]"
        whole = {"text": part, "encoding": coding} if isinstance(part, str) else part
        if isinstance(an_object(whole, here).get("text"), list):
            raise SourceError(f"{here}: a part of a body is in parts again")
        found.append(response_body(whole, beside, here))
    if not found:
        return Body(None, missing=_NO_BODY)
    data = b"".join(each.data or b"" for each in found)
    return Body(data, is_text=any(each.is_text for each in found))


def request_body(
    value: Any, headers: Headers, beside: Beside, place: str
) -> tuple[bytes | None, list[str]]:
    """The body of a request, and notes on it; raises SourceError."""
    if value is None:
        return None, []
    post = {"text": value} if isinstance(value, str) else an_object(value, place)
    if (name := _file_name(post, place)) is not None:
        data = beside(name)
        notes = [f"the request's body is in {name!r:.100}, which is not beside the archive"]
        return data or None, notes if data is None else []
    found = text(post.get("text"), f"{place}.text")
    if found:
        return values.content(found, post.get("encoding"), f"{place}.text") or None, []
    if post.get("textJSON") is not None:  # Polly.js in Cody's dialect
        try:
            whole = json.dumps(post["textJSON"], ensure_ascii=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError) as error:
            raise SourceError(f"{place}.textJSON: {error}") from error
        return whole.encode("utf-8", "replace"), ["the request's body was rebuilt from its JSON"]
    params = a_list(post.get("params"), f"{place}.params")
    if not params:
        return None, []
    media_type = text(post.get("mimeType"), f"{place}.mimeType")
    sent_type = ", ".join(header_values(headers, "content-type"))
    fields = [an_object(item, f"{place}.params[{index}]") for index, item in enumerate(params)]
    write = _writer(f"{media_type}, {sent_type}")
    return write(fields, place), ["the request's body was rebuilt from the fields of its form"]


def _writer(types: str) -> Callable[[list[Object], str], bytes]:
    if "multipart/" not in types.lower():
        return _urlencoded
    found = _BOUNDARY.search(types)
    boundary = found[1] if found else "boundary"
    return lambda fields, place: _multipart(fields, boundary, place)


def _urlencoded(fields: list[Object], place: str) -> bytes:
    pairs = [
        (text(item.get("name"), f"{place}.params"), text(item.get("value"), f"{place}.params"))
        for item in fields
    ]
    return urlencode(pairs, errors="replace").encode()


def _multipart(fields: list[Object], boundary: str, place: str) -> bytes:
    lines = []
    for item in fields:
        name, value, file, media_type = (
            text(item.get(key), f"{place}.params.{key}").replace('"', "%22")
            if key in ("name", "fileName")
            else text(item.get(key), f"{place}.params.{key}")
            for key in ("name", "value", "fileName", "contentType")
        )
        at = f'; filename="{file}"' if file else ""
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name}"{at}']
        lines += [f"Content-Type: {media_type}"] if media_type else []
        lines += ["", value]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode("utf-8", "replace")


def _file_name(fields: Object, place: str) -> str | None:
    if fields.get("text"):
        return None
    if fields.get(_FILE) is not None:
        return text(fields[_FILE], f"{place}.{_FILE}")
    if fields.get(_IN_TRACE) is not None:
        return _TRACE_FOLDER + text(fields[_IN_TRACE], f"{place}.{_IN_TRACE}")
    return None
