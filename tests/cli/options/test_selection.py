import re
from collections.abc import Iterator
from typing import Any

import click
import pytest

from ssetape.cli.options.selection import Selection, make_selection, pretty
from ssetape.format.values import Message
from ssetape.meaning.sayings import Saying
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.showing.selected import data_of, event_of

ITEMS = [
    StreamMessage(1.0, 1.0, "a", '{"x": {"y": "one"}}'),
    TimedComment(1.5, "wait", 0),
    StreamMessage(2.0, 2.0, "b", "no JSON"),
    StreamMessage(3.0, 3.0, "a", '{"x": {"y": [2]}}'),
]


def chosen(**options: Any) -> list[str]:
    defaults: dict[str, Any] = dict.fromkeys(("since_s", "until_s", "grep", "path", "head", "tail"))
    selection = make_selection(**{**defaults, "events": (), **options})
    return [each.text for each in selection.apply(map(Saying, ITEMS))]


def test_nothing_asked_for_is_everything() -> None:
    assert chosen() == ['{"x": {"y": "one"}}', "wait", "no JSON", '{"x": {"y": [2]}}']


def test_of_json_only_what_a_path_finds() -> None:
    assert chosen(path="x.y") == ["one", "[2]"]
    assert chosen(path="x.y", tail=1) == ["[2]"]
    assert chosen(path="length(x)") == ["1", "1"]
    assert chosen(path="length(x.y[0])") == []  # of a number: no error, and nothing


def test_comments_are_found_by_their_text_alone() -> None:
    assert chosen(grep="wai") == ["wait"]
    assert chosen(events=("b",)) == ["no JSON"]


@pytest.mark.parametrize("selection", [Selection(events=("a",)), Selection(tail=1)])
def test_the_time_before_is_of_the_stream_not_of_the_selection(selection: Selection) -> None:
    said = [Saying(item) for item in ITEMS]
    before = {each.item.t_s: each.before_s for each in Selection().apply(said, 0.5)}
    assert before == {1.0: 0.5, 1.5: 1.0, 2.0: 1.5, 3.0: 2.0}
    found = list(selection.apply(said, 0.5))
    assert found
    assert all(each.before_s == before[each.item.t_s] for each in found)


def test_no_more_is_read_than_is_needed() -> None:
    def endless() -> Iterator[Saying]:
        for n in range(10):
            yield Saying(StreamMessage(float(n), float(n), "", "x"))
        raise AssertionError

    assert len(list(Selection(head=10).apply(endless()))) == 10
    assert len(list(Selection(until_s=8.5).apply(endless()))) == 9


@pytest.mark.parametrize(
    ("options", "said"),
    [({"path": "a["}, "https://jmespath.org"), ({"grep": "("}, "missing \\)|unterminated")],
)
def test_what_makes_no_sense_is_misuse(options: dict[str, str], said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        chosen(**options)


def test_types_and_data_of_messages() -> None:
    text, binary = Message(1.0, True, True, b"hi"), Message(1.0, False, False, b"\x00\xff")
    assert [event_of(text), event_of(binary), event_of(ITEMS[1])] == ["text", "binary", None]
    assert [data_of(text), data_of(binary)] == ["hi", "00 ff"]
    assert list(Selection(pattern=re.compile("ff")).apply([Saying(binary)]))


def test_pretty_data() -> None:
    assert pretty('{"a": 1}') == ["{", '  "a": 1', "}"]
    assert pretty("{torn") == ["{torn"]
    assert pretty("a\nb") == ["a", "b"]
    assert pretty('["\\ud83d"]') == ['["\\ud83d"]']  # half a character is no UTF-8
