import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.sse import EventStreamParser
from ssetape.web import server_events as module
from ssetape.web.listing import Listing
from ssetape.web.server_events import encoded, of_capture, of_listing

Raw = Callable[..., bytes]
Write = Callable[..., Path]
CHAT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
TIMEOUT_S = 30.0  # for what should never happen; no test waits for it


def parsed(data: bytes) -> list[tuple[str, str, Any]]:
    """(type, ID, value) of events, by the parser that is held against the standard."""
    parser = EventStreamParser()
    return [(e.event, e.id, json.loads(e.data)) for e in parser.feed(data)]


async def take(stream: AsyncIterator[bytes], until: str) -> list[tuple[str, str, Any]]:
    found: list[tuple[str, str, Any]] = []
    async with asyncio.timeout(TIMEOUT_S):
        async for piece in stream:
            found += parsed(piece)
            if any(name == until for name, _, _ in found):
                break
    return found


def test_an_event_is_on_one_line_whatever_is_in_it() -> None:
    value = {"text": "a\r\nb\u2028\nid: 7", "name": "\udce9", "large": 2**70}
    data = encoded(value, name="x", event_id="1-2")
    assert parsed(data) == [("x", "1-2", value)]


def test_a_whole_capture_comes_and_ends(capture_file: Write) -> None:
    path = capture_file([(1.0, CHAT), (2.0, CHAT)])
    found = asyncio.run(take(of_capture(path, ""), "end"))
    assert [name for name, _, _ in found] == ["head", "batch", "measured", "end"]
    assert found[1][1] == "2-2-2-2"
    assert [row[4] for row in found[1][2]["events"]] == [CHAT[6:-2].decode()] * 2
    assert found[2][2]["protocol"] == "openai-chat"


def test_whoever_lost_the_connection_gets_what_is_behind(capture_file: Write) -> None:
    path = capture_file([(1.0, CHAT), (2.0, b"data: x\n\n")])
    found = asyncio.run(take(of_capture(path, "1-1-1-1"), "end"))
    (batch,) = [value for name, _, value in found if name == "batch"]
    assert [row[0] for row in batch["events"]] == [2.0]
    assert [row[0] for row in batch["chunks"]] == [2.0]


def test_what_is_being_recorded_comes_as_it_is_written(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    whole = raw_capture([(1.0, CHAT), (2.0, CHAT)])
    first = whole.index(b'[2.0, "<"')
    path.write_bytes(whole[: first + 3])  # and the beginning of a line

    async def run() -> None:
        stream = of_capture(path, "")
        found = await take(stream, "measured")
        (batch,) = [value for name, _, value in found if name == "batch"]
        assert len(batch["events"]) == 1
        assert [row[1] for row in batch["typed"]] == ["Hi"]
        assert (found[-1][2]["end"], found[-1][2]["problems"]) == (None, [])
        path.write_bytes(whole)
        found = await take(stream, "end")
        assert [row[0] for row in found[0][2]["events"]] == [2.0]
        assert found[-2][2]["end"]["reason"] == "complete"

    asyncio.run(run())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="files are seen in /proc")
def test_a_page_that_leaves_leaves_no_file_open(raw_capture: Raw, tmp_path: Path) -> None:
    path = tmp_path.resolve() / "a.ssetape"
    path.write_bytes(raw_capture([(1.0, CHAT)], end=None))

    def is_open() -> bool:
        return any(os.path.realpath(each) == str(path) for each in Path("/proc/self/fd").iterdir())

    async def run() -> None:
        stream = of_capture(path, "")
        await anext(stream)  # it was read to where it ends now
        leaving = asyncio.create_task(take(stream, "never"))
        async with asyncio.timeout(TIMEOUT_S):
            await asyncio.sleep(0.1)
            leaving.cancel()
            await asyncio.wait([leaving])
            while is_open():
                await asyncio.sleep(0.01)

    asyncio.run(run())


def test_damage_is_told_behind_what_is_good(capture_file: Write) -> None:
    path = capture_file([(1.0, CHAT)], end=None, tail=b"{}\n")
    found = asyncio.run(take(of_capture(path, ""), "end"))
    assert "expected a record" in {name: value for name, _, value in found}["problem"]["text"]


def test_a_page_is_not_filled_without_end(
    capture_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE_LIMIT_CHARACTERS", 10)
    monkeypatch.setattr("ssetape.page.batches._BATCH_ITEMS", 1)
    path = capture_file([(1.0, CHAT), (2.0, CHAT), (3.0, CHAT)])
    found = asyncio.run(take(of_capture(path, ""), "end"))
    (problem,) = [value["text"] for name, _, value in found if name == "problem"]
    assert "only the first 1 events" in problem


def test_the_list_comes_and_then_its_changes(raw_capture: Raw, tmp_path: Path) -> None:
    (tmp_path / "a.ssetape").write_bytes(raw_capture([]))
    listing = Listing([tmp_path])
    listing.look()

    async def run() -> None:
        stream = of_listing(listing, "")
        found = await take(stream, "rows")
        assert [name for name, _, _ in found] == ["reset", "rows"]
        (tmp_path / "b.ssetape").write_bytes(raw_capture([]))
        listing.look()
        rows = await take(stream, "rows")
        assert [row["name"] for row in rows[0][2]] == ["b.ssetape"]
        again = await take(of_listing(listing, found[-1][1]), "rows")
        assert [row["name"] for row in again[0][2]] == ["b.ssetape"]
        other_run = await take(of_listing(listing, "someoneelse-2"), "rows")
        assert other_run[0][0] == "reset"
        assert len(other_run[1][2]) == 2
        nonsense = f"{found[-1][1].partition('-')[0]}-{'9' * 5000}"
        assert (await take(of_listing(listing, nonsense), "reset"))[0][0] == "reset"

    asyncio.run(run())


def test_a_silent_stream_says_that_it_lives(
    tmp_path: Path, raw_capture: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SIGN_OF_LIFE_S", 0.0)
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([], end=None))

    async def run() -> None:
        async with asyncio.timeout(TIMEOUT_S):
            async for piece in of_capture(path, ""):
                if piece.startswith(b":"):
                    break
            async for piece in of_listing(Listing([]), ""):
                if piece.startswith(b":"):
                    break

    asyncio.run(run())
