"""Answers with ids and times of their own: nothing else changes, and no length."""

import gzip
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_data import FOLDER, cases

from ssetape.format.values import Chunk
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.answers.varying import varied
from ssetape.replay.exchange import ClientRequest, Play
from ssetape.replay.faults import Scenario, parse
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf

Make = Callable[..., Any]

GET = ClientRequest("GET", "/stream")
EVENTS = ("content-type", "text/event-stream")
ID = "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT"


def chat(text: str, created: str = "1741569952") -> bytes:
    choice = {"index": 0, "delta": {"content": text}}
    fields = f'"id":"{ID}","object":"chat.completion.chunk","created":{created}'
    return f'data: {{{fields},"choices":[{json.dumps(choice)}]}}\n\n'.encode()


CHAT = [chat("é"), chat(f'"id":"{ID}","created":1741569952,'), chat(""), b"data: [DONE]\n\n"]


@pytest.fixture(scope="session")
def play(capture: Make) -> Callable[..., Play]:
    """Gives the answer from a capture of these chunks, as it was recorded."""

    def make(chunks: list[bytes], headers: Any = (EVENTS,), **fields: Any) -> Play:
        timed = [(index / 10, data) for index, data in enumerate(chunks)]
        shelf = Shelf([capture(timed, headers=list(headers), **fields)])
        answer = Answerer(shelf, Pace()).answer(GET)
        assert isinstance(answer, Play)
        return answer

    return make


def chunks_of(play: Play) -> list[bytes]:
    return [part.data for part in play.played(None, iter) if isinstance(part, Chunk)]


def objects(chunks: list[bytes]) -> list[Any]:
    found = re.findall(rb"data: (\{.*\})", b"".join(chunks))
    return [json.loads(each) for each in found]


def test_an_answer_gets_one_new_id_and_the_time_of_now(play: Make) -> None:
    recorded = play(CHAT)
    before_s = int(time.time())
    answer = varied(recorded)
    chunks = chunks_of(answer)
    assert [len(data) for data in chunks] == [len(data) for data in CHAT]
    said = objects(chunks)
    (new_id,) = {each.pop("id") for each in said}
    assert re.fullmatch("chatcmpl-[0-9A-Za-z]{29}", new_id)
    assert new_id != ID
    (created_s,) = {each.pop("created") for each in said}
    assert before_s <= created_s <= time.time()
    # What the model said stays, whatever it says.
    kept = objects(CHAT)
    for each in kept:
        del each["id"], each["created"]
    assert said == kept
    assert answer.log == f"{recorded.log} (varied)"


def test_each_answer_differs_and_is_the_same_each_time_it_is_read(play: Make) -> None:
    recorded = play(CHAT)
    first, second = varied(recorded), varied(recorded)
    assert chunks_of(first) == chunks_of(first)
    assert chunks_of(first) != chunks_of(second)
    assert chunks_of(recorded) == CHAT


@settings(max_examples=60)
@given(data=st.data())
def test_an_id_may_be_cut_anywhere(data: st.DataObject, play: Make) -> None:
    body = b"".join(CHAT)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(body) - 1), max_size=60)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    chunks = chunks_of(varied(play(pieces)))
    assert [len(each) for each in chunks] == [len(each) for each in pieces]
    said = objects([b"".join(chunks)])
    assert len({each["id"] for each in said}) == 1
    assert ID not in {each["id"] for each in said}
    assert len({each["created"] for each in said}) == 1
    assert 1741569952 not in {each["created"] for each in said}


def test_times_keep_their_distances(play: Make) -> None:
    answer = varied(play([chat("a"), chat("b", "1741569957"), chat("c", "1741569952.5")]))
    first, second, third = (each["created"] for each in objects(chunks_of(answer)))
    assert second - first == 5
    assert third - first == 0.5


def test_a_recorded_length_stays_true(play: Make) -> None:
    whole = b"".join(CHAT)
    length = ("content-length", str(len(whole)))
    answer = varied(play(CHAT, [EVENTS, length]))
    assert length in answer.response.headers
    assert len(b"".join(chunks_of(answer))) == len(whole)


def test_a_coded_body_is_sent_without_its_coding(play: Make) -> None:
    packed = gzip.compress(b"".join(CHAT))
    headers = [EVENTS, ("content-encoding", "gzip"), ("content-length", str(len(packed)))]
    answer = varied(play([packed[:40], packed[40:]], headers))
    assert answer.response.headers == [EVENTS]
    assert len({each["id"] for each in objects(chunks_of(answer))} | {ID}) == 2


def test_the_request_is_named_anew_in_the_head(play: Make) -> None:
    name = ("X-Request-Id", "req_011CSHoEeqs5C35K2UUqR7Fy")
    (_, (header, value)) = varied(play(CHAT, [EVENTS, name])).response.headers
    assert header == "X-Request-Id"
    assert re.fullmatch("req_[0-9A-Za-z]{24}", value)
    assert value != name[1]


def test_faults_come_on_top(capture: Make) -> None:
    timed = [(index / 10, data) for index, data in enumerate(CHAT)]
    answerer = Answerer(Shelf([capture(timed, headers=[EVENTS])]), Pace())
    answerer.varies = True
    answerer.scenario = Scenario([parse("drop event=1")])
    answer = answerer.answer(GET)
    assert isinstance(answer, Play)
    assert answer.log.endswith("(varied) with drop")
    said = objects(chunks_of(answer))
    assert len(said) == 2
    assert ID not in {each["id"] for each in said}


@pytest.mark.parametrize("data", [b"data: x\n\n", b'data: {"id": "chatcmpl-1234567"}\n\n', b""])
def test_what_has_no_id_of_a_known_protocol_is_as_recorded(play: Make, data: bytes) -> None:
    recorded = play([data])
    answer = varied(recorded)
    assert chunks_of(answer) == chunks_of(recorded)
    assert answer.log.endswith("(as recorded: it has no id or time to vary)")


OTHERS = {
    "anthropic": 'event: message_start\ndata: {"type":"message_start","message":{"id":'
    '"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","content":[]}}\n\n',
    "openai-responses": 'event: response.created\ndata: {"type":"response.created","response":'
    '{"id":"resp_67ccd2bed1ec8190b14f","object":"response","created_at":1741477567,"output":[]}}'
    '\n\nevent: response.completed\ndata: {"type":"response.completed","response":{"id":'
    '"resp_67ccd2bed1ec8190b14f","object":"response","created_at": 1741477567,"output":[]}}\n\n',
    "gemini": 'data: {"candidates": [{"content": {"parts": [{"text": "a"}],"role": "model"}}],'
    '"responseId": "mAitaLmkHPPlz7IPvtfUqQ4","createTime": "2025-05-28T09:12:34.567890Z"}\n\n',
    "ollama": '{"model":"m","created_at":"2023-08-04T08:52:19.385406455-07:00",'
    '"message":{"role":"assistant","content":"a"},"done":false}\n',
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_protocol_has_ids_and_times_in_its_own_places(play: Make, name: str) -> None:
    data = OTHERS[name].encode()
    kind = ("content-type", "application/x-ndjson") if name == "ollama" else EVENTS
    answer = varied(play([data], [kind]))
    (changed,) = chunks_of(answer)
    assert len(changed) == len(data)
    for old in (
        b"msg_01XF",
        b"67ccd2bed1ec",
        b"1741477567",
        b"mAitaLmk",
        b"2025-05-28",
        b"2023-08",
    ):
        assert old not in changed
    ids = set(re.findall(rb'"id": ?"(\w+)"', changed))
    assert len(ids) <= 1
    json.loads(re.findall(rb"\{.*\}", changed)[0])


@pytest.mark.parametrize("case", cases("real/INDEX.json", "file"))
def test_real_streams_say_the_same_with_another_id(
    case: Any, capture: Make, tmp_path: Path
) -> None:
    body = (FOLDER / "real" / case["file"]).read_bytes()
    if len(body) > 300_000:
        return  # reading it twice takes seconds
    recorded = capture([(0.0, body)], headers=[("content-type", case["content_type"])])
    answer = Answerer(Shelf([recorded]), Pace()).answer(GET)
    assert isinstance(answer, Play)
    changed = b"".join(chunks_of(varied(answer)))
    assert len(changed) == len(body)
    again = capture([(0.0, changed)], headers=[("content-type", case["content_type"])])
    assert [fact for _, fact in again.facts()] == [fact for _, fact in recorded.facts()]
