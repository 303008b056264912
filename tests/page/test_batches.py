import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.values import Record
from ssetape.page import batches as module
from ssetape.page.batches import Batch, PageProgress, PageReading

Write = Callable[..., Path]


def chat(text: str) -> bytes:
    value = {"choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


STREAM = [(n / 10, chat(f"{n} ")) for n in range(1, 31)]


def batches(
    path: Path,
    records: Iterator[Record | None],
    after: PageProgress = PageProgress(),  # noqa: B008
    data_limit: int | None = None,
) -> Iterator[Batch | None]:
    return PageReading(Capture(path), after, data_limit).batches(records)


def merged(found: Iterator[Batch | None]) -> dict[str, list[list[object]]]:
    whole: dict[str, list[list[object]]] = {"events": [], "typed": [], "chunks": [], "said": []}
    for batch in found:
        if batch is not None:
            for name, rows in batch.values().items():
                whole[name] += rows
    return whole


def test_events_text_and_chunks_come_with_their_times(capture_file: Write) -> None:
    path = capture_file(
        [(0.5, chat("Hi")[:9]), (1.5, chat("Hi")[9:]), (2.0, b"id: 7\ndata: x\n\n")]
    )
    found = merged(batches(path, Capture(path).records()))
    assert found["events"][0] == [1.5, 0.5, "message", "", chat("Hi")[6:-2].decode(), False]
    assert found["events"][1] == [2.0, 2.0, "message", "7", "x", False]
    assert found["typed"] == [[1.5, "Hi", False]]
    assert found["chunks"] == [[0.5, 9], [1.5, len(chat("Hi")) - 9], [2.0, 15]]


@given(cut=st.integers(0, 62), pauses=st.lists(st.integers(0, 31), max_size=4))
def test_whoever_comes_back_gets_the_rest(capture_file: Write, cut: int, pauses: list[int]) -> None:
    path = capture_file(STREAM)
    records = list(Capture(path).records())
    whole = merged(batches(path, iter(records)))

    def paused() -> Iterator[Record | None]:
        for number, record in enumerate(records):
            yield from [None] * pauses.count(number)
            yield record

    seen: list[Batch] = []
    for batch in batches(path, paused()):
        if batch is not None and len(seen) < cut:
            seen.append(batch)
    place = seen[-1].place if seen else PageProgress()
    assert PageProgress.parse(str(place)) == place
    rest = batches(path, iter(records), place)
    assert merged(chain(seen, rest)) == whole


def test_what_comes_slowly_is_understood_at_a_pause(capture_file: Write) -> None:
    path = capture_file(STREAM)
    records = list(Capture(path).records())
    found = batches(path, chain(records[:2], [None], records[2:]))
    first = next(found)
    assert first is not None
    assert first.typed == [[0.1, "1 ", False]]
    assert next(found) is None


def test_of_long_data_the_beginning_comes_and_how_long_it_is(capture_file: Write) -> None:
    path = capture_file([(1.0, b"data: 123456\n\n")])
    found = merged(batches(path, Capture(path).records(), data_limit=4))
    assert found["events"][0][4:] == ["1234", False, 6]


def test_a_batch_is_small(capture_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH_ITEMS", 7)
    path = capture_file(STREAM)
    found = [batch for batch in batches(path, Capture(path).records()) if batch is not None]
    assert max(len(batch.chunks) for batch in found) == 7
    assert found[-1].place == PageProgress(30, 30, 30, 30)
    monkeypatch.setattr(module, "_BATCH_ITEMS", 1000)
    monkeypatch.setattr(module, "_BATCH_CHARACTERS", 100)
    found = [batch for batch in batches(path, Capture(path).records()) if batch is not None]
    assert len(found) > 5


def test_messages_of_both_sides_of_a_websocket(tmp_path: Path) -> None:
    path = tmp_path / "s.ssetape"
    path.write_text(
        '{"ssetape":1,"kind":"websocket","request":{"method":"GET","url":"ws://a.test/"}}\n'
        '[0.1,"head",{"status":101,"headers":[]}]\n[0.2,">","hi"]\n[0.3,"<b","AP8="]\n'
    )
    events = merged(batches(path, Capture(path).records()))["events"]
    assert [(e[2], e[4], e[5]) for e in events] == [
        ("text", "hi", True),
        ("binary", "00 ff", False),
    ]


def test_damage_is_told_behind_what_is_good(capture_file: Write) -> None:
    path = capture_file([(1.0, chat("Hi"))], end=None, tail=b"{}\n")
    found = batches(path, Capture(path).records())
    good = next(found)
    assert good is not None
    assert [len(good.events), len(good.typed), len(good.chunks)] == [1, 1, 1]
    with pytest.raises(CaptureError):
        next(found)


@pytest.mark.parametrize("text", ["", "1-2", "a-b-c", "1-2-3", "1-2-3-4-5", "-1-2-3-4", "٣-1-1-1"])
def test_a_place_that_says_nothing_is_the_beginning(text: str) -> None:
    assert PageProgress.parse(text) == PageProgress()


def test_what_is_measured_and_said_so_far_is_at_hand(capture_file: Write) -> None:
    capture = Capture(capture_file(STREAM, end_s=4.0))
    reading = PageReading(capture)
    records = list(capture.records())
    for batch in reading.batches([*records[:3], None]):
        if batch is None:
            break
    made, answer = reading.measured([])
    assert (made.events, made.end, answer.text) == (2, None, "1 2 ")
    list(reading.batches(records[3:]))
    made, answer = reading.measured(["torn"])
    assert made == replace(capture.measure(), gaps=made.gaps, problems=["torn"])
    assert (answer.text, answer.problems) == (capture.text(), ["torn"])
    assert reading.end == capture.end


def test_each_event_says_what_it_added_also_those_before_the_protocol_was_known(
    capture_file: Write,
) -> None:
    nothing = b'data: {"x":1}\n\n'
    path = capture_file([(0.1, nothing), *STREAM[:2], (1.0, nothing), (2.0, chat("é"))])
    found = merged(batches(path, Capture(path).records()))
    assert found["said"] == [
        [1, [["text", '"1 "']]],
        [2, [["text", '"2 "']]],
        [4, [["text", '"é"']]],
    ]


def test_who_wants_only_one_thing_gets_only_that(capture_file: Write) -> None:
    path = capture_file(STREAM)
    after = PageProgress.missing(typed=28)
    found = merged(batches(path, Capture(path).records(), after))
    assert {name: len(rows) for name, rows in found.items() if rows} == {"typed": 2}
