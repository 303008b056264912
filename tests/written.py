"""What the tests of writers share: facts written, and the body read again."""

import json
from collections.abc import Iterable
from typing import Any

from ssetape.facts import Fact
from ssetape.format.values import Chunk, Request, Response
from ssetape.meaning.reading import Meaning
from ssetape.messages.reading import MessageReader
from ssetape.protocols.writing import writer_of
from ssetape.protocols.writing._blocks import Opening

OPENING = Opening("0123456789abcdef0123456789abcdef", 1_700_000_000)


def body_of(name: str, facts: Iterable[Fact]) -> bytes:
    """The body in which a protocol says facts."""
    writer = writer_of(name)(OPENING)
    return b"".join(data for fact in facts for data in writer.write(fact))


def read_again(name: str, body: bytes) -> tuple[str | None, list[Fact]]:
    """The protocol that a body is recognised as, and its facts."""
    writer = writer_of(name)
    url = writer.URL.format(model=writer.MODEL)
    messages = MessageReader(Response(0.0, 200, "OK", "HTTP/1.1", list(writer.HEADERS)))
    meaning = Meaning(Request(writer.METHOD, url, "HTTP/1.1", []), messages)
    understood = []
    for item in [*messages.feed_chunk(Chunk(0.0, body)), *messages.end()]:
        understood += meaning.feed(item)  # type: ignore[arg-type]  # there are no comments
    understood += meaning.end()
    assert meaning.problems == []
    return meaning.protocol, [fact for _, facts in understood for fact in facts]


def events_of(name: str, facts: Iterable[Fact]) -> list[tuple[str, Any]]:
    """What a protocol's events are named, and say: JSON as values."""
    found = []
    for block in body_of(name, facts).decode().replace("\r\n", "\n").strip().split("\n\n"):
        fields = [each.partition(": ")[::2] for each in block.split("\n")]
        data = "\n".join(value for field, value in fields if field == "data")
        is_json = data.startswith(("{", '"'))
        found.append((dict(fields).get("event", ""), json.loads(data) if is_json else data))
    return found
