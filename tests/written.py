"""What the tests of writers share: facts written, and the body read again."""

import json
from collections.abc import Iterable
from typing import Any

from ssetape.facts import Done, Fact, Failure, Model, Reasoning, Stop, Text, ToolCall, Usage
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
        is_json = data.startswith(("{", '"', "[{"))
        found.append((dict(fields).get("event", ""), json.loads(data) if is_json else data))
    return found


def lines_of(name: str, facts: Iterable[Fact]) -> list[Any]:
    """What a protocol's lines say: JSON as values."""
    lines = body_of(name, facts).decode().splitlines()
    return [json.loads(line) if line.startswith("{") else line for line in lines]


def answer_in(name: str, *, error: str | None = None) -> list[Fact]:
    """An answer with all that a protocol has a place for: reasoning, text, a call."""
    writer = writer_of(name)
    about = [Model("m"), Usage({"tokens": 9}), Stop(writer.STOP)]
    call = [ToolCall("a", "call", "f"), ToolCall("a", arguments='{"x":1}')]
    end = Done("") if error is None else Failure(error, None)
    facts = [*about, Reasoning("So"), Text("H"), Text("i"), *call, end]
    return [fact for fact in facts if type(fact) not in writer.LACKS]
