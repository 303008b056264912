"""The page's own event streams: the list as it changes, a capture as it grows.

After a lost connection, a page says in Last-Event-ID what it has, and gets what follows.
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
from ssetape.output.printable import printable
from ssetape.page.batches import Batch, PageProgress, PageReading
from ssetape.page.payload import as_json, measured, response_head
from ssetape.web.listing import Listing

# How often to look for something new.
POLL_S = 0.1
# A silent stream sends a comment so often: only a failed write shows that the page has gone.
_SIGN_OF_LIFE_S = 15.0
# The measurement of a growing capture is sent at most so often.
_MEASURED_EVERY_S = 1.0
# How much data the page gets without asking: of each event, and of all events together.
DATA_LIMIT = 20_000
_PAGE_LIMIT_CHARACTERS = 200_000_000

# Revisions of a list mean something only in this process.
_RUN = uuid4().hex[:8]
_REVISION_DIGITS = 15


def encoded(value: Any, *, name: str = "", event_id: str = "") -> bytes:
    """An event as bytes, with JSON on one line as its data."""
    fields = [b"event: %b" % name.encode()] if name else []
    fields += [b"id: %b" % event_id.encode()] if event_id else []
    return b"\n".join([*fields, b"data: %b" % as_json(value), b"\n"])


async def of_listing(listing: Listing, last_event_id: str) -> AsyncIterator[bytes]:
    """Yield the rows of a list, and each again whenever it changes. Never ends."""
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
    """Yield what a page shows of a capture, and go on while it is being recorded."""
    # Close the generator, and so the file, with the connection: idle threads keep references.
    with closing(_parts(path, PageProgress.parse(last_event_id))) as parts:
        # Reads and parses in a thread, but occupies none while there is nothing to do.
        async for part in _paced(lambda: anyio.to_thread.run_sync(next, parts, b"")):
            yield part


async def _paced(next_part: Callable[[], Awaitable[bytes | None]]) -> AsyncIterator[bytes]:
    """Yield parts until an empty one. None means to wait; in long silences send a comment."""
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
    """Yield encoded events, and None at each pause."""
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
                        f"the page has only the first {count} events: `ssetape show` prints all"
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
    return encoded({"text": printable(text)}, name="problem")
