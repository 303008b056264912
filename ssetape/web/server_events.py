"""The page's own event streams: the list as it changes, a capture as it grows.

A page that loses its connection says in Last-Event-ID what it has, and gets what is behind it.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio.to_thread

from ssetape.capture import Capture
from ssetape.errors import SsetapeError
from ssetape.format.follow import follow
from ssetape.measures.measure import measure_with_answer
from ssetape.page.batches import Batch, PageProgress, PageReading
from ssetape.page.payload import as_json, measured, response_head
from ssetape.web.listing import Listing

# How often somebody looks for what is new.
POLL_S = 0.1
# A stream that is silent says that it lives: else nobody notices that the page has left.
_SIGN_OF_LIFE_S = 15.0
# What was measured of a capture that grows is sent no more often.
_MEASURED_EVERY_S = 1.0
# Of an event's data, what the page gets unasked, and of all events together.
DATA_LIMIT = 20_000
_PAGE_LIMIT_CHARACTERS = 200_000_000

# The revisions of a list are this process's own.
_RUN = uuid4().hex[:8]
_REVISION_DIGITS = 15


def encoded(value: Any, *, name: str = "", event_id: str = "") -> bytes:
    """An event as the wire has it, its data JSON on one line."""
    fields = [b"event: %b" % name.encode()] if name else []
    fields += [b"id: %b" % event_id.encode()] if event_id else []
    return b"\n".join([*fields, b"data: %b" % as_json(value), b"\n"])


async def of_listing(listing: Listing, last_event_id: str) -> AsyncIterator[bytes]:
    """Give the rows of a list, and each again whenever it changes; it has no end."""
    run, _, number = last_event_id.partition("-")
    is_known = run == _RUN and number.isdecimal() and len(number) <= _REVISION_DIGITS
    revision = int(number) if is_known else 0
    if not revision:
        yield encoded({}, name="reset")

    async def changes() -> bytes | None:
        nonlocal revision
        rows = listing.since(revision)
        if not rows:
            return None
        revision = rows[-1]["revision"]
        return encoded(rows, name="rows", event_id=f"{_RUN}-{revision}")

    async for part in _paced(changes):
        yield part


async def of_capture(path: Path, last_event_id: str) -> AsyncIterator[bytes]:
    """Give what a page shows of a capture, and what comes of one that is being recorded."""
    # Closed with the connection, and the file with it: threads keep what they were last given.
    with closing(_parts(path, PageProgress.parse(last_event_id))) as parts:
        # In a thread, as it reads and parses; in none while there is nothing to do.
        async for part in _paced(lambda: anyio.to_thread.run_sync(next, parts, b"")):
            yield part


async def _paced(next_part: Callable[[], Awaitable[bytes | None]]) -> AsyncIterator[bytes]:
    """Give parts up to an empty one; where there is None, wait, and in long silences say so."""
    said_s = time.monotonic()
    while (part := await next_part()) != b"":
        if part is None:
            await anyio.sleep(POLL_S)
            if time.monotonic() - said_s <= _SIGN_OF_LIFE_S:
                continue
            part = b":\n\n"
        yield part
        said_s = time.monotonic()


def _parts(path: Path, after: PageProgress) -> Generator[bytes | None]:
    """Give events, None at each pause."""
    sent_characters = 0
    due_s = 0.0
    is_measured = True
    has_head = False
    try:
        reading = PageReading(Capture(path), after, DATA_LIMIT)
        for batch in reading.batches(follow(path)):
            if not has_head and reading.head is not None:
                has_head = True
                yield encoded({"response": response_head(reading.head)}, name="head")
            if batch is not None:
                is_measured = False
                sent_characters += sum(len(row[4]) for row in batch.events)
                yield _encoded_batch(batch)
                if sent_characters > _PAGE_LIMIT_CHARACTERS:
                    count = batch.place.events
                    yield _problem(
                        f"only the first {count} events are here: `ssetape show` has all"
                    )
                    capture = Capture(path)
                    values = measured(*measure_with_answer(capture), capture.end)
                    yield encoded(values, name="measured")
                    break
            elif not is_measured and time.monotonic() >= due_s:
                yield encoded(_measured(reading), name="measured")
                is_measured = True
                due_s = time.monotonic() + _MEASURED_EVERY_S
            else:
                yield None
        else:
            yield encoded(_measured(reading), name="measured")
    except SsetapeError as error:
        yield _problem(str(error))
    yield encoded({}, name="end")


def _measured(reading: PageReading) -> dict[str, Any]:
    return measured(*reading.measured([]), reading.end)


def _encoded_batch(batch: Batch) -> bytes:
    return encoded(batch.values(), name="batch", event_id=str(batch.place))


def _problem(text: str) -> bytes:
    return encoded({"text": text}, name="problem")
