import pytest

from ssetape.tap.filter_operators import ANSWERED, UNANSWERED, Heads, searching

HEAD = Heads(
    "POST",
    "https://chat.xn--mnchen-3ya.example/v1?q=1",
    [("Content-Type", "application/json"), ("X-Name", "caf\xc3\xa9")],
    [("content-type", "text/event-stream")],
    200,
)


def test_every_operator_of_mitmproxy_is_answered_or_refused() -> None:
    from mitmproxy import flowfilter

    operators = [*flowfilter.filter_unary, *flowfilter.filter_rex, *flowfilter.filter_int]
    assert sorted({*ANSWERED, *UNANSWERED}) == sorted(each.code for each in operators)
    assert not {*ANSWERED} & {*UNANSWERED}


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("d", "^chat", True),
        ("d", "xn--mnchen", True),
        ("d", "MÜNCHEN", True),
        ("u", "münchen", False),
        ("u", r"/V1\?q=1$", True),
        ("m", "^post$", True),
        ("tq", "json", True),
        ("tq", "event", False),
        ("ts", "event", True),
        ("t", "json", True),
        ("t", "event", True),
        ("hq", "^x-name: café", True),
        ("hs", "x-name", False),
        ("h", "x-name", True),
    ],
)
def test_an_operator_searches_its_part_of_the_head(name: str, pattern: str, expected: bool) -> None:
    assert searching(name, pattern)(HEAD) is expected


@pytest.mark.parametrize("url", ["", "data:,x", "http://[::1", "http://" + "a" * 70 + ".test/"])
def test_no_url_is_too_odd_for_a_filter(url: str) -> None:
    head = Heads("GET", url, [("x", "\u2028")], [], 200)
    assert searching("d", "nowhere")(head) is False
    assert searching("u", "nowhere")(head) is False
    assert searching("h", "nowhere")(head) is False
