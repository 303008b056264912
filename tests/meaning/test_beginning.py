"""The first words of a capture."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ssetape
from ssetape.format.values import Record
from ssetape.meaning.beginning import CHARACTERS, Beginning, beginning_of

Write = Callable[..., Path]


def event(**delta: Any) -> bytes:
    value = {"model": "m-1", "choices": [{"index": 0, "delta": delta}]}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def begins(path: Path, messages_limit: int | None = None) -> Beginning:
    return beginning_of(ssetape.open(path), messages_limit)


def test_it_is_the_answer_s_words_in_one_line(capture_file: Write) -> None:
    path = capture_file([(1, event(content="")), (2, event(content="\n a\n\tb")), (3, event())])
    assert begins(path) == Beginning("openai-chat", "m-1", 2, "a b")


def test_no_more_is_read_than_the_words_need(
    capture_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = capture_file([(n, event(content="word ")) for n in range(1000)])
    opened = ssetape.open(path)
    records = opened.records
    read: list[Record] = []

    def counted() -> Iterator[Record]:
        for record in records():
            read.append(record)
            yield record

    monkeypatch.setattr(opened, "records", counted)
    found = beginning_of(opened)
    assert found.text == ("word " * 20)[:CHARACTERS].strip()
    assert len(read) < 40


def test_without_text_it_is_the_call_or_the_reasoning(capture_file: Write) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "get_weather", "arguments": "{}"}}
    thinking = [(1, event(reasoning_content="Let me ")), (2, event(reasoning_content="see"))]
    assert begins(capture_file(thinking)).text == "(thinking) Let me see"
    called = [*thinking, (3, event(tool_calls=[call]))]
    assert begins(capture_file(called)).text == "call get_weather"


def test_without_an_answer_it_is_the_last_question(capture_file: Write) -> None:
    asked = [{"role": "user", "content": "one"}, {"role": "user", "content": "two\nlines"}]
    path = capture_file([], body=json.dumps({"messages": asked}).encode())
    assert begins(path) == Beginning(None, None, None, "(asked) two lines")


def test_of_an_unknown_stream_it_is_the_data(capture_file: Write) -> None:
    assert begins(capture_file([(1, b"data: tick 1\n\n")])).text == "tick 1"


def test_an_ordinary_response_is_one_body_and_its_type(capture_file: Write) -> None:
    for content_type in ("text/html", "application/json"):
        headers = [("Content-Type", f"{content_type}; charset=utf-8")]
        path = capture_file([(1, b'{\n"a": 1}\n')], headers=headers)
        assert begins(path).text == f"1 body, {content_type}"


def test_after_so_many_messages_without_text_it_looks_no_further(capture_file: Write) -> None:
    chunks = [(n, event(reasoning_content="x")) for n in range(30)]
    path = capture_file([*chunks, (31, event(content="here"))])
    assert begins(path, 20).text.startswith("(thinking) xxx")
    assert begins(path).text == "here"
