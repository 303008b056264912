import pytest
from mitmproxy.test import tflow, tutils

from ssetape.addon.faults.rules import Rules
from ssetape.errors import DecodingError, ReplayError
from ssetape.format.values import Chunk, Response

HEAD = Response(0.5, 200, "OK", "HTTP/1.1", [("content-type", "text/event-stream")])


def flow(path: str = "/v1/chat", method: str = "POST") -> tflow.http.HTTPFlow:
    made = tutils.treq(method=method.encode(), path=path.encode(), scheme=b"https", port=443)
    return tflow.tflow(req=made)


def test_streams_and_refusals_are_counted_each_for_itself() -> None:
    rules = Rules(["refuse status=503 requests=2", "cut event=1 requests=1"], 0)
    assert rules.change_streams
    assert rules.refusal(flow()) is None
    said = rules.refusal(flow())
    assert said is not None
    assert said.status == 503
    assert rules.passing(flow(), HEAD) is not None
    assert rules.passing(flow(), HEAD) is None
    assert not Rules(["refuse status=503"], 0).change_streams


@pytest.mark.parametrize(
    ("on", "fits"),
    [
        ("/v1/*", True),
        ("'POST /v1/*'", True),
        ("'GET /v1/*'", False),
        ("/v2/*", False),
        ("https://address/*", True),
        ("https://other/*", False),
    ],
)
def test_a_rule_names_a_path_or_a_whole_url(on: str, fits: bool) -> None:
    spec = f"cut event=1 on={on}" if "'" not in on else f"cut event=1 'on={on[1:-1]}'"
    assert (Rules([spec], 0).passing(flow(), HEAD) is not None) is fits


def test_the_share_says_which_faults_and_counts_events() -> None:
    found = Rules(["drop event=2 on=/v1/*", "slow factor=2"], 0).passing(flow(), HEAD)
    assert found is not None
    passing, share = found
    for part in passing.feed(Chunk(1.0, b"data: a\n\ndata: b\n\ndata: c\n\n")):
        assert isinstance(part, Chunk)
        share.got(part.t_s, part.data)
    details = share.details(1.0, "complete")
    assert details["faults"] == ["drop event=2", "slow factor=2.0"]
    assert details["client"]["events"] == 2


def test_what_cannot_be_is_said_at_once() -> None:
    with pytest.raises(ReplayError, match="expected one of"):
        Rules(["cut event=3 how=soon"], 0)
    coded = Response(0.5, 200, "OK", "HTTP/1.1", [*HEAD.headers, ("content-encoding", "compress")])
    with pytest.raises(DecodingError, match="compress"):
        Rules(["drop event=1"], 0).passing(flow(), coded)
    assert Rules(["slow factor=2"], 0).passing(flow(), coded) is not None
