from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import ssetape
from ssetape import protocols
from ssetape.errors import MessageError
from ssetape.facts import Part, Text, ToolCall, Usage
from ssetape.meaning.guarded import GuardedReader, in_words, is_sound
from ssetape.messages.message import StreamMessage

MESSAGE = StreamMessage(0.5, 0.5, "message", "{}")


class Unspeakable(Exception):
    def __repr__(self) -> str:
        raise ValueError


def reader_of(facts: Any) -> Any:
    """A protocol whose reader gives these facts; an exception among them is raised."""

    class Reader:
        def read(self, message: StreamMessage) -> Iterator[Any]:
            for fact in facts:
                if isinstance(fact, Exception):
                    raise fact
                yield fact

    return SimpleNamespace(NAME="theirs", Reader=Reader, recognises=lambda clues: True)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (MessageError("expected JSON"), "message #3 at 0.500 s: expected JSON"),
        (KeyError("a"), "message #3 at 0.500 s: the reader of theirs failed: KeyError('a')"),
        (RecursionError(), "message #3 at 0.500 s: the reader of theirs failed: RecursionError()"),
        (Unspeakable(), "message #3 at 0.500 s: the reader of theirs failed: Unspeakable"),
        (Text(None), "of wrong types: Text(text=None, choice=0, replaces=False)"),  # type: ignore[arg-type]
        (Usage([1]), "of wrong types: Usage(counts=[1])"),  # type: ignore[arg-type]
        ("text", "no fact, or one with fields of wrong types: 'text'"),
        (None, "no fact, or one with fields of wrong types: None"),
    ],
)
def test_what_a_reader_raises_or_makes_is_a_problem(bad: Any, problem: str) -> None:
    problems: list[str] = []
    reader = GuardedReader(reader_of([Text("a"), bad, Text("b")]), problems.append)
    assert reader.read(MESSAGE, 3) == [Text("a")]
    assert len(problems) == 1
    assert problems[0].endswith(problem)


def test_a_reader_that_cannot_begin_reads_nothing() -> None:
    def fail() -> Any:
        raise OSError("no")

    problems: list[str] = []
    made: Any = SimpleNamespace(NAME="theirs", Reader=fail)
    assert GuardedReader(made, problems.append).read(MESSAGE, 1) == []
    assert problems == ["the reader of theirs cannot begin: OSError('no')"]


def test_facts_are_sound_if_their_fields_are() -> None:
    assert is_sound(ToolCall("1", "2"))
    assert is_sound(Part("kind", object()))
    assert not is_sound(ToolCall("1", 2))  # type: ignore[arg-type]
    assert not is_sound(("a", 0, False))
    assert in_words(Unspeakable()) == "Unspeakable"


@pytest.mark.parametrize("fact", [KeyError("a"), Text(["a"]), Usage(None), Unspeakable(), 1])  # type: ignore[arg-type]
def test_no_caller_of_any_kind_meets_it(
    fact: Any, monkeypatch: pytest.MonkeyPatch, capture_file: Any
) -> None:
    """Whoever reads the meaning of messages does it behind the guard."""
    monkeypatch.setattr(protocols, "all_protocols", lambda: (reader_of([Text("x"), fact]),))
    capture = ssetape.open(capture_file([(0.1, b"data: {}\n\n")]))
    assert (capture.text(), capture.measure().protocol) == ("x", "theirs")
    assert len(capture.answer().problems) == len(capture.measure().problems) == 1
    assert [timed.fact for timed in capture.facts()] == [Text("x")]
