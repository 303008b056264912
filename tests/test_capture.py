import asyncio
import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.comparing.captures import compare
from ssetape.errors import DecodingError
from ssetape.format import reader
from ssetape.page.payload import payload
from ssetape.web.server_events import of_capture

Make = Callable[..., Any]

CHUNKS = [(0.5, b"data: a\n\nda"), (1.0, b"ta: b\xc3"), (1.5, b"\xa9\n\n")]
CHAT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi "}}]}\n\n'


def test_events_have_the_times_of_their_first_and_last_bytes(capture: Make) -> None:
    events = list(capture(CHUNKS).events())
    assert [(e.data, e.t_first_s, e.t_s) for e in events] == [("a", 0.5, 0.5), ("bé", 0.5, 1.5)]


def test_events_are_decoded_from_their_content_encoding(capture: Make) -> None:
    body = gzip.compress(b"data: a\n\n")
    headers = [("Content-Encoding", "gzip")]
    opened = capture([(0.5, body[:5]), (1.0, body[5:])], headers=headers)
    assert [event.data for event in opened.events()] == ["a"]
    assert b"".join(data for _, data in opened.chunks()) == body
    with pytest.raises(DecodingError):
        list(capture([(0.5, b"data: a\n\n")], headers=headers).events())


def test_events_hold_one_chunk_at_a_time(capture_file: Callable[..., Path]) -> None:
    chunk = b"data: " + b"x" * 20_000 + b"\n\n"
    path = capture_file((i / 100, chunk) for i in range(1_000))
    opened = Capture(path)
    tracemalloc.start()
    try:
        count = sum(1 for _ in opened.events())
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 1_000
    assert peak_bytes < 1_000_000  # of 20 MB


def test_what_was_said_and_when(capture_file: Callable[..., Path]) -> None:
    event = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    asked = b'{"messages":[{"role":"user","content":"hello"}]}'
    capture = Capture(capture_file([(0.5, event)], body=asked, end_s=1.0))
    assert (capture.text(), capture.asked()) == ("Hi", [("user", "hello")])
    assert [timed.t_s for timed in capture.facts()] == [0.5]
    assert capture.answer().protocol == "openai-chat"
    assert (capture.milestones().first_text_s, capture.measure().events) == (0.5, 1)


def test_items_are_messages_however_they_are_framed(capture: Make) -> None:
    events: Capture = capture([(0.5, b": c\nid: 7\nretry: 5\ndata: a\n\n")])
    comment, event = events.items()
    assert comment == (0.5, " c", 0)
    assert (event[2:5], event.retry_ms) == (("message", "a", "7"), 5)  # type: ignore[union-attr]
    lines: Capture = capture([(0.5, b'{"a":1}\n{"a"')], headers=[("content-type", "text/plain")])
    assert [item[3] for item in lines.items()] == ['{"a":1}', '{"a"']


# --- how often a file is opened --------------------------------------------------------------


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    opened: list[str] = []
    open_file = reader.open_file

    def counting(path: Any) -> Any:
        opened.append(str(path))
        return open_file(path)

    with monkeypatch.context() as patch:
        patch.setattr(reader, "open_file", counting)
        yield opened


KINDS: list[dict[str, Any]] = [
    {"content": [(n / 10, CHAT) for n in range(1, 40)]},
    {"content": [(n / 10, b"data: raw\n\n") for n in range(1, 40)]},
    {"content": [(0.1, b'{"response":"a"}\n')], "headers": [("content-type", "text/plain")]},
    {"content": [(0.1, CHAT)], "end": None},
    {"content": [], "status": None, "end": "connect_failed"},
]


@pytest.mark.parametrize("fields", KINDS)
@pytest.mark.parametrize("ask", [Capture.text, Capture.measure, Capture.answer, Capture.milestones])
def test_one_reading_gives_text_and_one_gives_measures(
    ask: Callable[[Capture], Any], fields: Any, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Capture = capture(**fields)
    with counted(monkeypatch) as files:
        ask(opened)
    assert len(files) == 1


@pytest.mark.parametrize("fields", KINDS)
def test_two_readings_give_the_report(
    fields: Any, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Capture = capture(**fields)
    with counted(monkeypatch) as files:
        payload(opened)
    assert len(files) <= 2


@pytest.mark.parametrize("fields", [each for each in KINDS if "end" not in each])
def test_the_page_s_stream_opens_a_file_twice(
    fields: Any, capture_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = capture_file(**fields)

    async def run() -> list[bytes]:
        return [part async for part in of_capture(path, "")]

    with counted(monkeypatch) as files:
        parts = asyncio.run(run())
    assert b"event: end" in parts[-1]
    assert len(files) <= 2


@pytest.mark.parametrize("fields", KINDS)
def test_four_readings_compare_two(
    fields: Any, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = capture(**fields), capture(**fields)
    if fields["content"] == []:
        assert first.response is None is second.response
    with counted(monkeypatch) as files:
        compare(first, second)
    assert len(files) <= 4
