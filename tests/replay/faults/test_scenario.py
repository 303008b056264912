import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from faulty import whole

from ssetape.format.values import Chunk
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.exchange import ClientRequest, Play, Say
from ssetape.replay.faults import Scenario, parse
from ssetape.replay.faults.cut import Cut
from ssetape.replay.faults.scenario import Rule
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf

Make = Callable[..., Any]

BODY = b"data: a\n\ndata: b\n\n"
CHUNKS = [(1.0, BODY[:9]), (2.0, BODY[9:])]
GET = ClientRequest("GET", "/stream?x=1")


@pytest.fixture
def answerer(capture: Make) -> Callable[..., Answerer]:
    def make(*specs: str, seed: int = 0, pace: Pace | None = None, **fields: Any) -> Answerer:
        made = Answerer(Shelf([capture(fields.pop("chunks", CHUNKS), **fields)]), pace or Pace())
        made.scenario = Scenario([parse(spec) for spec in specs], seed)
        return made

    return make


def played(answer: Any) -> list[tuple[float, Any]]:
    assert isinstance(answer, Play)
    assert answer.pace == Pace() or not answer.log.count(" with ")
    return [
        (part.t_s, part.data if isinstance(part, Chunk) else part.reason)
        for part in answer.played(None, iter)
    ]


def test_faults_befall_one_after_the_other(answerer: Make) -> None:
    answer = answerer("slow-head seconds=1", "cut event=1", "rechunk size=5").answer(GET)
    assert answer.response.t_s == 1.0
    assert played(answer) == [(2.0, BODY[:5]), (2.0, BODY[5:9]), (2.0, "fault_cut")]
    assert answer.log.endswith(" with slow-head, cut, rechunk")


def test_requests_are_counted_by_rule(answerer: Make) -> None:
    made = answerer("refuse status=429 retry_after_s=1 requests=1-2", "refuse status=500 on=/no")
    first, second, third = (made.answer(GET) for _ in range(3))
    assert isinstance(first, Say)
    assert first.status == 429
    assert ("retry-after", "1") in first.headers
    said = json.loads(first.body)
    assert said["type"] == "error"
    assert said["error"]["type"] == "rate_limit_error"
    assert "request 2 is refused" in second.body.decode()
    assert isinstance(third, Play)
    assert "with" not in third.log


@pytest.mark.parametrize(
    ("on", "fits"),
    [
        ("*", True),
        ("/stream", True),
        ("/str*", True),
        ("GET /stream", True),
        ("POST /stream", False),
        ("/other", False),
        ("GET *", True),
    ],
)
def test_a_rule_fits_path_and_method(on: str, fits: bool) -> None:
    assert Rule(Cut(event=1), on=on).fits(GET) is fits


@pytest.mark.parametrize("on", ["/caf%C3%A9/*", "/café/~a"])
def test_a_rule_fits_a_path_in_any_spelling(on: str) -> None:
    for target in ("/caf%c3%a9/~a?b", "/caf\xc3\xa9/~a", "/caf%c3%a9/~a"):
        assert Rule(Cut(event=1), on=on).fits(ClientRequest("GET", target))
    assert not Rule(Cut(event=1), on="/cafe/*").fits(ClientRequest("GET", "/caf%c3%a9/~a"))


def test_a_share_is_by_chance_and_by_seed(answerer: Make) -> None:
    def which(seed: int) -> list[bool]:
        made = answerer("refuse status=500 share=0.3", seed=seed)
        return [isinstance(made.answer(GET), Say) for _ in range(200)]

    assert which(1) == which(1) != which(2)
    assert 30 < sum(which(1)) < 90


REFUSED, STALLED = "refuse status=429 share=0.05", "stall share=0.01"


def faults_of(made: Answerer, count: int = 2_000) -> list[str]:
    """What each of so many requests gets: an error, a stall, or nothing of both."""

    def fault_of(answer: Any) -> str:
        if isinstance(answer, Say):
            return str(answer.status)
        return "stall" if answer.log.endswith("with stall") else ""

    return [fault_of(made.answer(GET)) for _ in range(count)]


def test_shares_of_two_thousand_requests_are_as_large_as_asked(answerer: Make) -> None:
    both = faults_of(answerer(REFUSED, STALLED))
    # 100 and 20, and three deviations on either side.
    assert 71 <= both.count("429") <= 129
    assert 7 <= both.count("stall") <= 33
    assert both.count("") == 2_000 - both.count("429") - both.count("stall")


def test_shares_are_spread_over_all_requests(answerer: Make) -> None:
    both = faults_of(answerer(REFUSED, STALLED))
    for begin in range(0, 2_000, 500):
        assert 5 <= both[begin : begin + 500].count("429") <= 45


def test_the_seed_decides_who_is_in_a_share(answerer: Make) -> None:
    both = faults_of(answerer(REFUSED, STALLED, seed=7))
    assert faults_of(answerer(REFUSED, STALLED, seed=7)) == both
    assert faults_of(answerer(REFUSED, STALLED, seed=8)) != both


def test_one_fault_of_a_share_does_not_change_whom_the_others_befall(answerer: Make) -> None:
    both = faults_of(answerer(REFUSED, STALLED))
    alone = faults_of(answerer(REFUSED))
    assert [each == "429" for each in both] == [each == "429" for each in alone]
    stalls = [index for index, each in enumerate(both) if each == "stall"]
    refused = [index for index, each in enumerate(both) if each == "429"]
    assert not set(stalls) & set(refused)
    assert faults_of(answerer("slow factor=2 share=0.5", REFUSED)).count("429") != 0


def test_a_stall_without_a_place_is_silent_after_the_head(answerer: Make) -> None:
    answer = answerer("stall").answer(GET)
    assert isinstance(answer, Play)
    assert answer.response.t_s == 0.0
    assert [t_s for t_s, _ in played(answer)] == [float("inf")] * 3
    assert played(answerer("stall seconds=5").answer(GET))[0] == (6.0, BODY[:9])


CHAT = b'data: {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}}]}\n\n'


def test_a_refusal_is_worded_as_its_provider_does(answerer: Make) -> None:
    chat = answerer("refuse status=429 retry_after_s=1.5", chunks=[(1.0, CHAT)]).answer(GET)
    assert isinstance(chat, Say)
    assert json.loads(chat.body)["error"]["code"] == "rate_limit_exceeded"
    assert ("retry-after-ms", "1500") in chat.headers
    assert ("retry-after", "2") in chat.headers


def test_times_are_those_that_are_sent(answerer: Make) -> None:
    made = answerer("stall event=1 seconds=5", pace=Pace(instant=True))
    assert played(made.answer(GET)) == [(0.0, BODY[:9]), (5.0, BODY[9:]), (5.0, "complete")]
    made = answerer("cut at_s=0.6", pace=Pace(speed=2))
    assert played(made.answer(GET)) == [(0.5, BODY[:9]), (0.6, "fault_cut")]


def test_what_is_compressed_is_taken_apart_for_its_events(answerer: Make) -> None:
    packed = gzip.compress(BODY)
    kind = ("content-type", "text/event-stream")
    headers = [kind, ("content-encoding", "gzip"), ("content-length", str(len(packed)))]
    fields = {"chunks": [(1.0, packed[:15]), (2.0, packed[15:])], "headers": headers}
    answer = answerer("drop event=1", **fields).answer(GET)
    assert answer.response.headers == [kind]
    assert whole(answer.played(None, iter)) == BODY[9:]
    kept = answerer("cut byte=3", **fields).answer(GET)
    assert kept.response.headers == headers
    assert whole(kept.played(None, iter)) == packed[:3]


def test_a_coding_of_the_transfer_is_taken_apart_once(answerer: Make) -> None:
    packed = gzip.compress(BODY)
    headers = [("content-type", "text/event-stream"), ("transfer-encoding", "gzip, chunked")]
    answer = answerer("drop event=1", chunks=[(1.0, packed)], headers=headers).answer(GET)
    assert answer.response.headers == [headers[0], ("transfer-encoding", "chunked")]
    assert whole(answer.played(None, iter)) == BODY[9:]


def test_a_promised_length_stays_only_if_it_can(answerer: Make) -> None:
    headers = [("content-type", "text/event-stream"), ("content-length", "18")]
    assert answerer("cut event=1", headers=headers).answer(GET).response.headers == headers
    assert answerer("drop event=1", headers=headers).answer(GET).response.headers == headers[:1]


def test_every_answer_is_made_anew(answerer: Make) -> None:
    answer = answerer("corrupt chance=0.5", "jitter seconds=1", seed=3).answer(GET)
    assert played(answer) == played(answer)


def test_refusals_are_for_pages_of_other_origins_too(capture: Make) -> None:
    made = Answerer(Shelf([capture(CHUNKS)]), Pace(), cors=True)
    made.scenario = Scenario([parse("refuse status=503")])
    answer = made.answer(ClientRequest("GET", "/stream", [("origin", "https://app.test")]))
    assert ("access-control-allow-origin", "https://app.test") in answer.headers  # type: ignore
