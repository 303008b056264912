from faulty import HEAD, cut_at, spans

from ssetape.format.values import Response
from ssetape.replay.faults import parse
from ssetape.replay.faults.chain import Chain, Strike

BODY = b"data: a\n\ndata: b\n\n"
CODED = Response(
    0.5,
    200,
    "OK",
    "HTTP/1.1",
    [("content-type", "text/event-stream"), ("Content-Encoding", "gzip"), ("Content-Length", "9")],
)


def strikes(*specs: str) -> list[Strike]:
    return [Strike(parse(spec).fault, 1, str(n)) for n, spec in enumerate(specs)]


def names(chain: Chain) -> list[str]:
    return [name.lower() for name, _ in chain.response.headers]


def test_faults_apply_one_after_the_other() -> None:
    chain = Chain(strikes("slow-head seconds=1", "cut event=1"), HEAD)
    assert chain.response.t_s == HEAD.t_s + 1
    assert spans(chain.parts(cut_at(BODY, [9]))) == [(2.0, BODY[:9]), (2.0, "fault_cut")]


def test_headers_go_only_where_they_no_longer_hold() -> None:
    assert names(Chain(strikes("cut event=1"), CODED)) == ["content-type"]
    assert names(Chain(strikes("drop event=1"), CODED)) == ["content-type"]
    all_three = ["content-type", "content-encoding", "content-length"]
    assert names(Chain(strikes("cut byte=1", "slow factor=2"), CODED)) == all_three
    assert names(Chain(strikes("cut event=1"), CODED, has_text=False)) == all_three


def test_the_first_refusal_counts() -> None:
    chain = Chain(strikes("stall", "refuse status=429", "refuse status=500"), HEAD)
    assert chain.refusal is not None
    assert chain.refusal.status == 429
    assert Chain(strikes("stall"), HEAD).refusal is None
