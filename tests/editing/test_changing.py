import json
from dataclasses import replace
from typing import Any

import kinds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.editing.changing import ChangedBody, Changes, appended, at, changed_messages
from ssetape.editing.choosing import Drop
from ssetape.editing.setting import Setting
from ssetape.errors import EditError
from ssetape.format.values import Chunk, End, Message, Response, Trailers
from ssetape.messages.message import StreamMessage
from ssetape.messages.reading import MessageReader

EVENTS = Response(0.5, 200, "OK", "HTTP/1.1", list(kinds.EVENTS))
ARRAY = replace(EVENTS, headers=list(kinds.JSON))
NDJSON = replace(EVENTS, headers=list(kinds.NDJSON))
BODY = [
    Chunk(1.0, b": hi\n\nid: 1\ndata: {\"a\":1}\n\n"),
    Chunk(2.0, b"event: ping\ndata:{}\n\nda"),
    Chunk(3.0, b"ta: [DONE]\n\n"),
    Trailers(3.5, []),
    End(4.0, "complete"),
]  # fmt: skip


def changed(changes: Changes, parts: Any = BODY, head: Response = EVENTS) -> list[Any]:
    return list(ChangedBody(head, changes).parts(parts))


def drop(*texts: str) -> Changes:
    return Changes(drops=tuple(map(Drop.parse, texts)))


def messages(parts: Any, head: Response = EVENTS) -> list[Any]:
    reader = MessageReader(head)
    chunks = [part for part in parts if isinstance(part, Chunk)]
    found = [item for chunk in chunks for item in reader.feed_chunk(chunk)]
    return [item for item in [*found, *reader.end()] if isinstance(item, StreamMessage)]


def test_without_changes_all_is_as_it_was() -> None:
    assert changed(Changes()) == BODY
    assert not Changes().are_of_messages


def test_what_is_dropped_leaves_all_other_bytes_and_chunks() -> None:
    assert changed(drop("event=2")) == [BODY[0], Chunk(2.0, b"da"), *BODY[2:]]
    assert changed(drop("type=ping", "comments")) == [
        Chunk(1.0, BODY[0].data[6:]), Chunk(2.0, b"da"), *BODY[2:],
    ]  # fmt: skip
    assert changed(drop("event=1-3")) == [Chunk(1.0, b": hi\n\n"), *BODY[3:]]


@given(body=kinds.event_streams(), data=st.data())
def test_of_any_stream_only_what_is_dropped_is_gone(body: bytes, data: st.DataObject) -> None:
    chunks = [Chunk(t_s + 0.5, piece) for t_s, piece in data.draw(kinds.cut(body))]
    before = messages(chunks)
    if not before:
        return
    number = data.draw(st.integers(1, len(before)))
    after = messages(changed(drop(f"event={number}"), chunks))
    del before[number - 1]
    assert [(item.name, item.data, item.t_s) for item in after] == [
        (item.name, item.data, item.t_s) for item in before
    ]


def test_a_cut_keeps_what_is_complete_between_two_times() -> None:
    assert changed(Changes(since_s=2.0, until_s=2.5)) == [
        Chunk(2.0, b"event: ping\ndata:{}\n\n"), Trailers(2.5, []), End(2.5, "complete"),
    ]  # fmt: skip
    assert changed(Changes(until_s=9.0)) == BODY
    assert changed(Changes(since_s=3.0))[:2] == [Chunk(2.0, b"da"), BODY[2]]


def test_a_value_is_set_and_the_event_keeps_its_place() -> None:
    changes = Changes(settings=(Setting.parse("a=[2]"), Setting.parse(".=end", "3")))
    found = changed(changes)
    assert found[0] == Chunk(1.0, b': hi\n\nid: 1\ndata: {"a":[2]}\n\n')
    assert found[1] == Chunk(2.0, b"event: ping\ndata:{}\n\n")
    assert found[2] == Chunk(3.0, b"data: end\n\n")
    assert found[3:] == BODY[3:]
    changes.check()


@pytest.mark.parametrize(
    "changes",
    [
        drop("event=9"),
        drop("type=x"),
        Changes(settings=(Setting.parse("b=1"),)),
        Changes(settings=(Setting.parse("b=1", "9"),)),
    ],
)
def test_what_is_not_there_is_told(changes: Changes) -> None:
    assert changed(changes) == BODY
    with pytest.raises(EditError, match="there is nothing like it in the capture"):
        changes.check()


@pytest.mark.parametrize("gone", ["event=1", "event=2", "event=3", "event=1-2", "event=2-3"])
def test_an_array_stays_one(gone: str) -> None:
    body = b'[{"a":1}\n,\r\n{"a":2}\n,{"a":3}\n]\n'
    parts = changed(drop(gone), [Chunk(1.0, body[:12]), Chunk(2.0, body[12:])], ARRAY)
    left = json.loads(b"".join(part.data for part in parts))
    dropped = Drop.parse(gone)
    assert left == [{"a": n} for n in (1, 2, 3) if not dropped.fits(n, "")]


def both(first: Any, other: Any, head: Response, other_head: Response | None = None) -> list[Any]:
    body = ChangedBody(head, Changes())
    behind = ChangedBody(other_head or head, Changes(), behind=body)
    parts = body.parts(first, is_appended_to=True)
    return list(appended(parts, behind.parts(other), (other_head or head).t_s))


def test_a_body_is_appended_with_its_times_from_the_end_of_the_first() -> None:
    found = both(BODY, BODY, EVENTS)
    assert found[:3] == BODY[:3]
    assert found[3:] == [at(part, part.t_s + 3.5) for part in BODY]
    assert [item.data for item in messages(found)] == ['{"a":1}', "{}", "[DONE]"] * 2


def test_lines_and_arrays_stay_what_they_are() -> None:
    lines = both([Chunk(1.0, b"1")], [Chunk(1.0, b"2\n")], NDJSON)
    assert [part.data for part in lines] == [b"1", b"\n2\n"]
    array = both([Chunk(1.0, b"[1,2]\n")], [Chunk(1.0, b"[3]")], ARRAY)
    assert json.loads(b"".join(part.data for part in array)) == [1, 2, 3]


def test_bodies_of_two_framings_are_refused() -> None:
    with pytest.raises(EditError, match="lines cannot be appended to one of events"):
        both(BODY, [Chunk(1.0, b"{}\n")], EVENTS, NDJSON)


def test_damage_is_an_error() -> None:
    aws = replace(EVENTS, headers=list(kinds.AWS))
    with pytest.raises(Exception, match="expected an AWS event-stream frame"):
        changed(drop("event=1"), [Chunk(1.0, b"x" * 20)], aws)


def test_messages_of_a_websocket_are_dropped_and_set() -> None:
    items = [
        Message(1.0, True, True, b'{"a":1}'),
        Message(2.0, False, False, b"\0"),
        Message(3.0, False, True, b"{}"),
        End(4.0, "complete"),
    ]
    changes = Changes(None, 2.5, (Drop.parse("type=binary"),), (Setting.parse("a=2"),))
    assert list(changed_messages(items, changes)) == [
        items[0]._replace(data=b'{"a":2}'), End(2.5, "complete"),  # type: ignore[union-attr]
    ]  # fmt: skip
    changes.check()
