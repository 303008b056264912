import json
from collections.abc import Callable
from pathlib import Path

import ssetape
from ssetape.meaning.typing_effect import TypedText, typed_text

Write = Callable[..., Path]


def event(text: str, index: int = 0) -> bytes:
    value = {"choices": [{"index": index, "delta": {"content": text}}]}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def test_the_first_answer_is_typed(capture_file: Write) -> None:
    path = capture_file([(1, event("a")), (2, event("x", 1)), (3, event("b") + event("c"))])
    assert list(typed_text(ssetape.open(path), [])) == [
        TypedText(1, "a", False),
        TypedText(3, "b", False),
        TypedText(3, "c", False),
    ]


def test_a_character_of_two_halves_comes_with_its_second(capture_file: Write) -> None:
    path = capture_file([(1, event("a\ud83d")), (2, event("\ude00b"))])
    assert [(t.t_s, t.text) for t in typed_text(ssetape.open(path), [])] == [(1, "a"), (2, "😀b")]


def test_what_nobody_understands_is_its_data(capture_file: Write) -> None:
    path = capture_file([(1, b'data: {"t":1}\n\n'), (2, b"data: {torn\n\n")])
    assert [t.text for t in typed_text(ssetape.open(path), [])] == ['{"t":1}\n', "{torn\n"]


def test_problems_are_told(capture_file: Write) -> None:
    problems: list[str] = []
    path = capture_file([(1, event("a")), (2, b"data: {torn\n\n")])
    assert [t.text for t in typed_text(ssetape.open(path), problems)] == ["a"]
    assert len(problems) == 1
