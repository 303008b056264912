import pytest

from ssetape.replay.exchange import ClientRequest
from ssetape.replay.workers.channel import Order
from ssetape.replay.workers.standing import Standing


def standing_after(*lines: str) -> list[str]:
    standing = Standing()
    for number, line in enumerate(lines):
        method, target = line.split(" ")
        standing.note(Order(number, ClientRequest(method, f"/_ssetape/{target}")))
    orders = standing.orders()
    return [
        f"{each.asked.method} {each.asked.target.removeprefix('/_ssetape/')}" for each in orders
    ]


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["GET served", "POST step?events=2", "DELETE served", "GET scenario"], []),
        (["PUT scenario", "PUT scenario"], ["PUT scenario"]),
        (["PUT scenario", "DELETE scenario"], ["DELETE scenario"]),
        (["POST pause", "PUT scenario"], ["POST pause", "PUT scenario"]),
        (["POST pause", "POST resume"], []),
        (
            ["POST pause?session=a", "POST pause?session=b"],
            ["POST pause?session=a", "POST pause?session=b"],
        ),
        (["POST pause?session=a", "POST pause", "POST resume?session=a"], ["POST pause"]),
        (["POST pause?session=a", "POST pause", "POST resume"], []),
        (["POST pause?session=a", "POST resume?session=b"], ["POST pause?session=a"]),
    ],
    ids=str,
)
def test_what_a_new_worker_has_to_do(lines: list[str], left: list[str]) -> None:
    assert standing_after(*lines) == left
