"""Says in words where a capture's bytes come from, and what was done to them on their way. Pure."""

from ssetape.format.codings import meaningless
from ssetape.format.file import CaptureFile
from ssetape.format.values import End, Response, header_values


def origin(capture: CaptureFile) -> str:
    """Where the capture is from, and whether it was edited; "" if it is as a proxy recorded it.

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
    if capture.edited:
        changes = capture.edited.get("changes")
        listed = ", ".join(map(str, changes)) if isinstance(changes, list) else ""
        words.append(
            f"edited from {capture.edited.get('from')}" + (f" ({listed})" if listed else "")
        )
    return "; ".join(words)


def altered(end: End) -> str:
    """What the client got in place of what is here; "" if it got that."""
    if end.client is None:
        return "the client got other bytes" if end.altered else ""
    share = end.client
    events = "" if share.events is None else f"events: {share.events}, "
    return (
        f"the client got {events}bytes: {share.size_bytes}, and {share.reason} at "
        f"{share.t_s:.3f} s, with the faults {', '.join(end.faults)}"
    )


def decoded_how(capture: CaptureFile) -> str:
    """How a Content-Encoding was undone that the server sent and the bytes do not have."""
    is_edited = bool(capture.edited or capture.imported) and not capture.tapped
    return "for an editor" if is_edited else "by the browser"


def remarks(response: Response, how: str = "by the browser") -> list[str]:
    """What to know of a response's bytes; [] if nothing.

    Args:
        how: as `decoded_how` has it for the capture.
    """
    found = []
    if decoded := header_values(response.decoded_headers, "content-encoding"):
        found.append(f"content-encoding {', '.join(decoded)}, decoded {how}")
    for name in meaningless(response.headers):
        found.append(f"content-encoding {name!r:.60} is none: read as it is")
    if response.masked_coding:
        found.append(f"{response.masked_coding}, decoded to mask secrets")
    if response.from_cache:
        found.append("from the browser's cache")
    return found
