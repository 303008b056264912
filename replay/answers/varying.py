"""Gives each answer an id and a time of its own, as each of a provider's answers has.

Chunks keep their lengths, so that a Content-Length and all boundaries stay true.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from secrets import token_bytes
from typing import Any

from ssetape import protocols
from ssetape.capture import Capture
from ssetape.errors import CaptureError, MessageError
from ssetape.format.codings import codings
from ssetape.format.values import Chunk
from ssetape.loose_json import parse_object
from ssetape.messages.message import StreamMessage

from ..exchange import Play
from ..shelf import Part
from ..spoken import protocol_of
from ..uncoded import uncoded, without
from .fresh import ID_HEADERS, OWN, Own, ids_in, later, like, seconds_of

# Captures whose ids are remembered.
_REMEMBERED = 10_000
# A chunk that ends with one of these does not end within an id or a time.
_SAFE_ENDS = (b"\n", b"}", b"]", b",")
# Chunks that are held until one does; it is the whole body where a stream is cut at random.
_HELD_LIMIT = 10_000

_Change = Callable[[bytes], bytes]


def varied(play: Play) -> Play:
    """Return the answer with an id and a time of its own, as far as its protocol has them.

    A body with a Content-Encoding is sent without it.
    """
    if play.capture.is_websocket:
        return play
    own, ids = _own(play.capture)
    if not ids and not own.times:
        return replace(play, log=f"{play.log} (as recorded: it has no id or time to vary)")
    response = play.response
    headers = [
        (name, like(value, token_bytes(len(value))) if name.lower() in ID_HEADERS else value)
        for name, value in response.headers
    ]
    is_coded = bool(codings(response.headers))
    if is_coded:
        headers = without(headers, "content-encoding", "content-length")
    change = _change(own, ids, int(time.time()))

    def parts() -> Iterator[Part]:
        recorded: Iterable[Part] = play.played(None, iter)
        return _changed(uncoded(recorded, response) if is_coded else recorded, change())

    return replace(
        play,
        response=replace(response, headers=headers),
        played=lambda how, make: make(parts()),
        log=f"{play.log} (varied)",
    )


@lru_cache(maxsize=_REMEMBERED)
def _own(capture: Capture) -> tuple[Own, tuple[str, ...]]:
    """What is an answer's own in a capture, and the ids in it."""
    own = OWN.get(protocol_of(capture) or "", Own())
    return own, tuple(ids_in(_first_objects(capture), own))


def _first_objects(capture: Capture) -> Iterator[dict[str, Any]]:
    try:
        for item in islice(capture.items(), protocols.FIRST_MESSAGES):
            if isinstance(item, StreamMessage):
                with suppress(MessageError):  # not JSON, such as [DONE]
                    yield parse_object(item.data)
    except CaptureError:
        return  # what comes before the damage may have them


def _change(own: Own, ids: Iterable[str], now_s: int) -> Callable[[], _Change]:
    """Return what makes the changes of one answer; each of them gives the same values."""
    values = [
        (f'"{old}"'.encode(), f'"{like(old, token_bytes(len(old)))}"'.encode()) for old in ids
    ]
    keys = "|".join(map(re.escape, own.times))
    times = rf'("(?:{keys})"\s*:\s*)("[^"\\]{{19,40}}"|\d{{9,17}}(?:\.\d+)?)(?=[\s,}}\]])'
    pattern = re.compile(times.encode()) if keys else None

    def make() -> _Change:
        moved_s: int | None = None  # from the first time to now, and all others with it
        last = b"", b""  # most answers have one time, in every chunk

        def move(found: re.Match[bytes]) -> bytes:
            nonlocal moved_s, last
            if found[2] == last[0]:
                return found[1] + last[1]
            value = found[2].decode("utf-8", "replace")
            first_s = seconds_of(value)
            if first_s is None:
                return found[0]
            if moved_s is None:
                moved_s = now_s - int(first_s)
            changed = later(value, moved_s).encode()
            if len(changed) != len(found[2]):
                return found[0]
            last = found[2], changed
            return found[1] + changed

        def change(data: bytes) -> bytes:
            for old, new in values:
                data = data.replace(old, new)
            return pattern.sub(move, data) if pattern is not None else data

        return change

    return make


def _changed(parts: Iterable[Part], change: _Change) -> Iterator[Part]:
    """The parts with their chunks changed, each as long as before."""
    held: list[Chunk] = []
    for part in parts:
        if not isinstance(part, Chunk):
            yield from _let_go(held, change)
            yield part
        elif not held and part.data.endswith(_SAFE_ENDS):
            yield Chunk(part.t_s, change(part.data))
        else:
            held.append(part)
            if part.data.endswith(_SAFE_ENDS) or len(held) == _HELD_LIMIT:
                yield from _let_go(held, change)
    yield from _let_go(held, change)


def _let_go(held: list[Chunk], change: _Change) -> Iterator[Part]:
    """Change chunks together, as an id may begin in one and end in another."""
    data = change(b"".join(chunk.data for chunk in held))
    ends = accumulate((len(chunk.data) for chunk in held), initial=0)
    for chunk, (begin, end) in zip(held, pairwise(ends), strict=True):
        yield Chunk(chunk.t_s, data[begin:end])
    held.clear()
