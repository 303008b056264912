import json

from ssetape.replay.exchange import ClientRequest, Say
from ssetape.replay.workers.channel import Order, Report
from ssetape.replay.workers.orders import ANSWERS_S, Orders

ASKER = 4711
PAUSE = Order(9, ClientRequest("POST", "/_ssetape/pause"))


def streams(count: int) -> Say:
    return Say(200, json.dumps({"streams": count}).encode(), "done")


def test_the_asker_gets_the_answer_of_all_under_its_own_number() -> None:
    orders = Orders()
    given = orders.begin(PAUSE, ASKER, [0, 1], 0.0)
    assert given.asked == PAUSE.asked
    assert orders.take(1, Report(given.number, streams(2))) is None
    finished = orders.take(0, Report(given.number, streams(3)))
    assert finished is not None
    asker, report = finished
    assert (asker, report.number, json.loads(report.said.body)) == (ASKER, 9, {"streams": 5})
    assert orders.until_s is None


def test_orders_of_several_askers_have_numbers_of_their_own() -> None:
    orders = Orders()
    given = [orders.begin(PAUSE, asker, [0], 0.0) for asker in (1, 2)]
    finished = [orders.take(0, Report(each.number, streams(0))) for each in reversed(given)]
    assert [each and each[0] for each in finished] == [2, 1]


def test_a_worker_that_does_not_answer_is_named_in_time() -> None:
    orders = Orders()
    given = orders.begin(PAUSE, ASKER, [0, 1], 10.0)
    orders.take(0, Report(given.number, streams(1)))
    assert orders.until_s == 10.0 + ANSWERS_S
    assert orders.expired(9.0 + ANSWERS_S) == []
    ((asker, report),) = orders.expired(10.0 + ANSWERS_S)
    assert (asker, report.said.status) == (ASKER, 503)
    assert b"worker 2 did not answer" in report.said.body
    assert orders.take(1, Report(given.number, streams(1))) is None  # too late


def test_a_new_worker_follows_what_is_under_way_and_what_stands() -> None:
    orders = Orders()
    given = orders.begin(PAUSE, ASKER, [0, 1], 0.0)
    orders.take(0, Report(given.number, streams(1)))
    orders.replace(0)
    assert (orders.under_way, orders.standing) == ([given], [])
    assert orders.take(1, Report(given.number, streams(1))) is None
    assert orders.take(0, Report(given.number, streams(0))) is not None
    assert (orders.under_way, orders.standing) == ([], [given])


def test_an_order_that_was_refused_does_not_stand() -> None:
    orders = Orders()
    given = orders.begin(Order(1, ClientRequest("PUT", "/_ssetape/scenario")), ASKER, [0], 0.0)
    orders.take(0, Report(given.number, Say(400, b"{}", "no such fault")))
    assert orders.standing == []
