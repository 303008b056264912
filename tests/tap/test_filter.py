"""mitmproxy's own filters say what is right."""

import re
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ssetape.errors import RecordOptionError
from ssetape.tap.filter import Heads, parse

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from mitmproxy import flowfilter
    from mitmproxy.http import Headers, HTTPFlow
    from mitmproxy.test import tflow

EXCHANGES = [
    Heads(
        "POST",
        "https://chat.example.com/backend/conversation?x=1",
        [("content-type", "application/json"), ("x-app", "web")],
        [("Content-Type", "text/event-stream; charset=utf-8")],
        200,
    ),
    Heads("GET", "http://a.test/style.css", [], [("content-type", "text/css")], 304),
    Heads("GET", "http://b.test:8080/d(1)", [("a", "b")], [], 404),
    Heads(
        "DELETE", "https://b.test/u", [], [("x-kind", "a b"), ("content-type", "image/png")], 500
    ),
]
WEBSOCKET = Heads("GET", "wss://a.test/socket", [("upgrade", "websocket")], [], 101)

TERMS = [
    *("~all", "~http", "~websocket", "~a", "~s", "~c 200", "~c 404", "~m post", "~m GET|DELETE"),
    *("~d example", "~d 'b\\.test'", '~d "chat.example"', "~u conversation", "~u x=1$", "a.test"),
    *("~t event-stream", "~tq json", "~ts json", "~t css", "~h x-app", "~hq '^x-app: web'"),
    *("~hs 'kind: a'", "conversation", r"'d\\(1'", "[0-9]", "b.test:8080"),
]
EXPRESSIONS = st.recursive(
    st.sampled_from(TERMS),
    lambda inner: st.one_of(
        inner.map(lambda e: f"!{e}" if not e.startswith(("!", "'")) else f"! {e}"),
        inner.map(lambda e: f"( {e} )"),  # mitmproxy: no operator before a parenthesis
        st.tuples(inner, st.sampled_from([" & ", " | ", " "]), inner).map("".join),
    ),
    max_leaves=6,
)


def as_flow(heads: Heads) -> HTTPFlow:
    flow = tflow.tflow(resp=True, ws=heads.is_websocket)
    flow.request.method = heads.method
    flow.request.url = heads.http_url
    pairs = [(n.encode(), v.encode()) for n, v in heads.request_headers]
    flow.request.headers = Headers(pairs)
    assert flow.response is not None
    flow.response.headers = Headers([(n.encode(), v.encode()) for n, v in heads.response_headers])
    flow.response.status_code = heads.status
    return flow


@given(EXPRESSIONS)
def test_an_expression_says_of_every_exchange_what_mitmproxy_says(expression: str) -> None:
    ours = parse(expression)
    try:
        theirs = flowfilter.parse(expression)
    except ValueError:  # mitmproxy takes no two terms side by side in parentheses
        assume(False)
    for heads in (*EXCHANGES, WEBSOCKET):
        assert ours(heads) == bool(theirs(as_flow(heads))), (expression, heads.url)


def test_no_expression_lets_everything_through() -> None:
    assert all(parse("")(heads) and parse("  ")(heads) for heads in EXCHANGES)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("~d a & ~b secret", "at character 8: expected one of ~a, ~all, ~c, "),
        ("~nosuch", "at character 1: expected one of"),
        ("~d", "at character 3: expected a value for ~d, found the end"),
        ("~d ~u x", "at character 4: expected a value for ~d, found '~u x'"),
        ("~c many", "at character 4: expected a status such as 200, found 'many'"),
        ("(~d a", "at character 6: expected a closing parenthesis, found the end"),
        ("~d a)", "at character 5: expected nothing more, found ')'"),
        ("~d a & ", "at character 8: expected a filter, found the end"),
        ("~d [", "'[' is not a regular expression"),
        ("'a", 'at character 1: expected a filter, found "\'a"'),
    ],
)
def test_what_is_no_filter_is_named_with_its_place(expression: str, words: str) -> None:
    with pytest.raises(RecordOptionError, match=re.escape(words)):
        parse(expression)


@given(st.text("~adumtchqs()!&|'\"\\ x[1", max_size=20))
def test_any_text_is_a_filter_or_refused(expression: str) -> None:
    try:
        found = parse(expression)
    except RecordOptionError:
        return
    for heads in EXCHANGES:
        assert found(heads) in (True, False)
