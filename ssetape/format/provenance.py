"""Says in words where a capture's bytes come from, and what was done to them on their way. Pure."""

from ssetape.format.codings import meaningless
from ssetape.format.file import CaptureFile
from ssetape.format.values import Response, header_values


def origin(capture: CaptureFile) -> str:
    """Where the capture was recorded, or what it was imported from; "" if a proxy recorded it.

    One that nobody recorded says that it was made, and how.
    """
    words = []
    if capture.made:
        how = (f"{name} {value!s:.60}" for name, value in capture.made.items())
        words.append(f"made, not recorded ({', '.join(how)})")
    if capture.imported:
        known = (f"{name}: {capture.imported.get(name)}" for name in ("from", "times", "bytes"))
        words.append(f"imported {', '.join(known)}")
    if capture.tapped:
        found = (capture.tapped.get(name) for name in ("browser", "target"))
        named = ", ".join(f"{value!s:.60}" for value in found if value is not None)
        words.append("recorded in the browser" + (f" ({named})" if named else ""))
        if capture.tapped.get("chunks") == "reads" and not capture.is_websocket:
            words.append("chunks are the browser's reads")
    return "; ".join(words)


def remarks(response: Response) -> list[str]:
    """What to know of a response's bytes; [] if nothing."""
    found = []
    if decoded := header_values(response.decoded_headers, "content-encoding"):
        found.append(f"content-encoding {', '.join(decoded)}, decoded by the browser")
    for name in meaningless(response.headers):
        found.append(f"content-encoding {name!r:.60} is none: read as it is")
    if response.masked_coding:
        found.append(f"{response.masked_coding}, decoded to mask secrets")
    if response.from_cache:
        found.append("from the browser's cache")
    return found
