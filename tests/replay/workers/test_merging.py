import json
from typing import Any

import pytest

from ssetape.replay import control
from ssetape.replay.exchange import Say, refusal
from ssetape.replay.tally import Tally
from ssetape.replay.workers.merging import merged


def said(value: Any) -> Say:
    return Say(200, json.dumps(value).encode(), "log")


@pytest.mark.parametrize("page", ["pause", "resume", "step"])
def test_streams_are_added_up(page: str) -> None:
    answer = merged(page, [said({"streams": 2}), said({"streams": 0}), said({"streams": 5})])
    assert json.loads(answer.body) == {"streams": 7}
    assert (answer.status, answer.log) == (200, "log")


def test_what_was_served_is_in_the_order_of_the_requests() -> None:
    one = [{"number": 1, "at": "a"}, {"number": 4, "at": "d"}]
    other = [{"number": 2, "at": "b"}, {"number": 3, "at": "c"}]
    answer = merged("served", [said({"served": one}), said({"served": other})])
    assert json.loads(answer.body)["served"] == sorted(one + other, key=lambda each: each["number"])


def test_no_more_is_listed_than_of_one_process() -> None:
    many = [said({"served": [{"number": n} for n in range(k, 12_000, 2)]}) for k in (0, 1)]
    served = json.loads(merged("served", many).body)["served"]
    assert [served[0]["number"], len(served)] == [12_000 - control.REMEMBERED, control.REMEMBERED]


def test_what_is_the_same_in_all_is_said_once() -> None:
    scenario = said({"seed": 7, "fault": ["cut event=3"]})
    assert merged("scenario", [scenario, scenario]) == scenario


def test_an_error_of_one_is_the_answer() -> None:
    error = refusal(400, "events: expected a number")
    assert merged("step", [said({"streams": 1}), error]) == error


def test_tallies_are_added_up() -> None:
    one = Tally(begun=3, ended={"complete": 2}, chunks=7, late_ns=5)
    other = Tally(begun=1, ended={"complete": 1, "cut": 4}, sent_bytes=9)
    answer = merged("tally", [said(one.fields()), said(other.fields())])
    assert Tally.of(json.loads(answer.body)) == one.add(other)
