from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import FOLDER, cases

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.file import CaptureFile
from ssetape.meaning.phrases import in_words
from ssetape.meaning.reading import Meaning
from ssetape.meaning.sayings import Saying, Sayings
from ssetape.meaning.wording import Wording
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.messages.reading import MessageReader, spoken

Open = Callable[..., Capture]
Write = Callable[..., Path]

REAL = cases("real/INDEX.json", "file")
MANY = 40


def delta(text: str) -> bytes:
    return b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % text.encode()


def reading(capture: CaptureFile) -> Sayings:
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    return Sayings(capture.request, messages)


def said(found: list[Saying]) -> list[str | None]:
    return [None if each.phrases is None else in_words(each.phrases) for each in found]


def test_each_item_comes_once_in_order_with_what_it_added(capture: Open) -> None:
    body = [b": first\n\n", delta("a"), b": between\n\n", b"data: [DONE]\n\n"]
    opened = capture([(float(n), piece) for n, piece in enumerate(body)])
    found = list(reading(opened).read(opened.records()))
    assert said(found) == [None, '"a"', None, "done"]
    assert [each.item.t_s for each in found] == [0.0, 1.0, 2.0, 3.0]


def test_of_an_unknown_protocol_nothing_is_said(capture: Open) -> None:
    opened = capture([(1.0, b'data: {"a":1}\n\n: c\n\ndata: {"a":2}\n\n')])
    assert said(list(reading(opened).read(opened.records()))) == [None, None, None]


def test_without_a_request_the_items_come_alone(capture: Open) -> None:
    opened = capture([(1.0, delta("a"))])
    sayings = Sayings(None, MessageReader(None))
    assert said(list(sayings.read(opened.records()))) == [None]
    assert sayings.meaning is None
    assert list(sayings.pause()) == []


@given(steps=st.lists(st.sampled_from(["event", "comment", "pause"]), max_size=MANY))
def test_pauses_change_no_item_and_no_order(capture: Open, steps: list[str]) -> None:
    bodies = {"event": delta("x"), "comment": b": c\n\n", "pause": b""}
    pieces = [(float(n), bodies[step]) for n, step in enumerate(steps) if bodies[step]]
    opened = capture(pieces)
    sayings = reading(opened)
    records = iter(list(opened.records()))
    found = list(sayings.feed(next(records)))
    for step in steps:
        found += sayings.pause() if step == "pause" else sayings.feed(next(records))
    for record in records:
        found += sayings.feed(record)
    found += sayings.end()
    assert [each.item.t_s for each in found] == [t_s for t_s, _ in pieces]
    assert all(in_words(each.phrases) == '"x"' for each in found if each.phrases is not None)
    assert all((spoken(each.item) is None) >= (each.phrases is None) for each in found)


def test_what_is_held_comes_before_damage(capture: Open) -> None:
    opened = capture([(1.0, delta("a"))], end=None, tail=b"damage\n")
    found: list[Saying] = []
    with pytest.raises(CaptureError):
        found.extend(reading(opened).read(opened.records()))
    assert said(found) == ['"a"']


@pytest.mark.parametrize("case", REAL)
def test_of_real_streams_nothing_is_lost(case: dict[str, Any], capture_file: Write) -> None:
    pieces = (FOLDER / "real" / case["file"]).read_bytes().splitlines(keepends=True)
    path = capture_file(
        [(n * 0.01, piece) for n, piece in enumerate(pieces)],
        method="POST",
        url="http://a.test/x",
        headers=[("content-type", case["content_type"].partition(" (")[0])],
    )
    opened = CaptureFile(path)
    found = list(reading(opened).read(opened.records()))
    plain = MessageReader(None)
    assert [each.item for each in found] == list(plain.read(opened.records()))
    understood = [facts for _, facts in Meaning.of(opened).read(opened.records())]
    spoken_of = [each for each in found if isinstance(each.item, StreamMessage)]
    assert [list(each.facts) for each in spoken_of] == understood
    wording = Wording()
    if any(understood):
        assert [each.phrases for each in spoken_of] == [wording.of(facts) for facts in understood]
    assert not any(isinstance(each.item, TimedComment) and each.phrases for each in found)
    assert list(chain.from_iterable(each.facts for each in found)) == list(
        chain.from_iterable(understood)
    )
