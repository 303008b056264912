"""Masks what looks like a secret in a finished capture, and replaces the file in one step.

What was masked is marked.
"""

import json
import os
import secrets
from binascii import a2b_base64
from itertools import accumulate
from pathlib import Path
from typing import Any

from ssetape.records import BYTES, END, HEAD, TEXT, TRAILERS
from ssetape.redaction import mask_headers, mask_url
from ssetape.secret_patterns import Found, mask
from ssetape.writer import body_field

_SALT_BYTES = 32


def user_salt() -> bytes:
    """This user's secret salt, made when it is first asked for, readable by the user alone.

    It lies in `$XDG_STATE_HOME/ssetape/mask-salt`, by default `~/.local/state/ssetape/mask-salt`,
    away from the captures. Raises OSError.
    """
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    path = Path(state) / "ssetape" / "mask-salt"
    try:
        salt = path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"mask-salt-{secrets.token_hex(6)}")
        _write_private(draft, secrets.token_bytes(_SALT_BYTES))
        try:
            os.link(draft, path)  # whoever comes first has made it, whole
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        salt = path.read_bytes()
    if len(salt) < _SALT_BYTES:
        raise OSError(0, f"expected {_SALT_BYTES} bytes of salt, found {len(salt)}", str(path))
    return salt


def mask_capture(path: Path, salt: bytes) -> int:
    """Mask a finished capture's secrets; gives in how many places. Without any it stays untouched.

    Content-encoded bodies are left as they are. The whole capture is held in memory.

    Raises:
        OSError, ValueError, LookupError, TypeError: it cannot be read, or is not as a recorder
            writes it. The original is then in place.
    """
    lines = path.read_bytes().split(b"\n")
    torn = lines.pop()
    header = json.loads(lines[0])
    count = _mask_request(header["request"], salt)
    records: list[Any] = [json.loads(line) if line.strip() else None for line in lines[1:]]
    changed: dict[int, Any] = {0: header} if count else {}
    encoded = False
    chunks: list[tuple[int, bytes]] = []
    for number, record in enumerate(records, 1):
        if record is None:
            continue
        code = record[1]
        if code in (TEXT, BYTES):
            data = record[2].encode() if code == TEXT else a2b_base64(record[2])
            chunks.append((number, data))
        elif code == HEAD:
            encoded = _is_encoded(record[2].get("headers", []))
            found = _mask_pairs(record[2], salt)
        elif code == TRAILERS:
            marks = record[3] if len(record) > 3 else {}
            fields = {"headers": record[2], **marks}
            found = _mask_pairs(fields, salt)
            if found:
                record[2:] = [fields.pop("headers"), fields]
        else:
            continue
        if code in (HEAD, TRAILERS) and found:
            count += found
            changed[number] = record
    if not encoded:
        count += _mask_chunks(chunks, records, changed, salt)
    if not count:
        return 0
    for number, record in enumerate(records, 1):
        if record is not None and record[1] == END and isinstance(record[2], dict):
            record[2]["masked"] = record[2].get("masked", 0) + count
            changed[number] = record
    for number, value in changed.items():
        lines[number] = _line(value)
    _replace(path, b"\n".join([*lines, torn]))
    return count


def _mask_request(request: dict[str, Any], salt: bytes) -> int:
    count = _mask_pairs(request, salt)
    url, names = mask_url(request["url"])
    raw, found = mask(url.encode(), salt)
    count += len(names) + len(found)
    request["url"] = raw.decode()
    query_start = url.find("?") + 1 or len(url)
    for start, _, _ in found:
        if start >= query_start:
            pair = max(url.rfind(mark, 0, start) for mark in "?&#") + 1
            names.append(url[pair:start].partition("=")[0])
        else:
            _marks(request)["path"] = True
    if names:
        _add_names(request, "query", names)
    body = request.get("body")
    if isinstance(body, dict) and not _is_encoded(request.get("headers", [])):
        data = a2b_base64(body["base64"]) if "base64" in body else body["text"].encode()
        data, found = mask(data, salt)
        if found:
            request["body"] = body_field(data)
            spans = _marks(request).get("body", []) + [list(item) for item in found]
            _marks(request)["body"] = sorted(spans)
            count += len(found)
    return count


def _mask_pairs(fields: dict[str, Any], salt: bytes) -> int:
    """Mask headers, in place, and add their names to the marks; gives how many values."""
    pairs, names = mask_headers([(name, value) for name, value in fields.get("headers", [])])
    count = len(names)
    masked = []
    for name, value in pairs:
        new, found = mask(value.encode("latin-1"), salt)
        if found:
            names.append(name.lower())
            count += len(found)
        masked.append([name, new.decode("latin-1")])
    if count:
        fields["headers"] = masked
        _add_names(fields, "headers", names)
    return count


def _mask_chunks(
    chunks: list[tuple[int, bytes]], records: list[Any], changed: dict[int, Any], salt: bytes
) -> int:
    """Mask the body as one, and put it back into its chunks, each as large as it was."""
    masked, found = mask(b"".join(data for _, data in chunks), salt)
    ends = list(accumulate(len(data) for _, data in chunks))
    at = 0
    for item in found:
        while ends[at] <= item.start:
            at += 1
        touched = at
        while touched < len(ends) and ends[touched] - len(chunks[touched][1]) < item.end:
            number, old = chunks[touched]
            start = ends[touched] - len(old)
            _mark_chunk(records[number - 1], masked[start : ends[touched]], item, start)
            changed[number] = records[number - 1]
            touched += 1
    return len(found)


def _mark_chunk(record: list[Any], data: bytes, item: Found, start: int) -> None:
    """Write a chunk's masked bytes into its record, and which they are."""
    field = body_field(data) or {"text": ""}
    (kind, value), *_ = field.items()
    marks = dict(record[3]) if len(record) > 3 else {}
    span = [max(0, item.start - start), min(len(data), item.end - start), item.pattern]
    marks["masked"] = sorted([*marks.get("masked", []), span])
    record[1:] = [TEXT if kind == "text" else BYTES, value, marks]


def _marks(fields: dict[str, Any]) -> dict[str, Any]:
    marks: dict[str, Any] = fields.setdefault("masked", {})
    return marks


def _add_names(fields: dict[str, Any], kind: str, names: list[str]) -> None:
    known = _marks(fields).setdefault(kind, [])
    known += [name for name in dict.fromkeys(names) if name not in known]


def _is_encoded(headers: list[list[str]]) -> bool:
    values = (v.strip().lower() for n, v in headers if n.lower() == "content-encoding")
    return any(value not in ("", "identity") for value in values)


def _line(value: Any) -> bytes:
    if isinstance(value, list):  # the time with its six decimals, as it was
        rest = (json.dumps(part, ensure_ascii=False) for part in value[1:])
        return f"[{value[0]:.6f}, {', '.join(rest)}]".encode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _replace(path: Path, content: bytes) -> None:
    # Not named as a capture: whoever lists the folder meanwhile does not see two.
    draft = path.with_name(f".{path.name}-{secrets.token_hex(3)}.tmp")
    try:
        _write_private(draft, content)
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _write_private(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
