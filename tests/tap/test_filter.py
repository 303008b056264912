import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import flowfilter, http
from mitmproxy.test import tflow

from ssetape.errors import RecordOptionError
from ssetape.format.values import Headers
from ssetape.tap.filter import NESTING_LIMIT, Heads, parse
from ssetape.tap.filter_operators import BYTES, PLAIN, TEXTS, UNANSWERED

CHAT = Heads(
    "POST",
    "https://chat.example.com/v1/messages?beta=true",
    [("content-type", "application/json"), ("x-session", "1")],
    [("content-type", "text/event-stream; charset=utf-8"), ("server", "nginx")],
    200,
)
SCRIPT = Heads(
    "GET", "http://127.0.0.1:8080/app.js", [], [("Content-Type", "text/javascript")], 404
)
SOCKET = Heads(
    "GET", "wss://chat.example.com/socket", [("upgrade", "websocket")], [("upgrade", "w")], 101
)
HEADS = [CHAT, SCRIPT, SOCKET]


def flow_of(head: Heads) -> http.HTTPFlow:
    """The same exchange, as mitmproxy has it."""
    is_websocket = head.url.startswith("ws")
    flow = tflow.twebsocketflow() if is_websocket else tflow.tflow(resp=True)
    url = head.url.replace("ws", "http", 1) if is_websocket else head.url

    def fields(headers: Headers) -> http.Headers:
        return http.Headers([(name.encode(), value.encode()) for name, value in headers])

    flow.request = http.Request.make(head.method, url)
    flow.request.headers = fields(head.request_headers)
    flow.response = http.Response.make(head.status)
    flow.response.headers = fields(head.response_headers)
    return flow


FLOWS = [flow_of(head) for head in HEADS]


@pytest.mark.parametrize(
    ("expression", "matching"),
    [
        ("", [CHAT, SCRIPT, SOCKET]),
        ("~all", [CHAT, SCRIPT, SOCKET]),
        ("~http", [CHAT, SCRIPT, SOCKET]),
        ("~websocket", [SOCKET]),
        ("messages", [CHAT]),
        ("~u ^https://", [CHAT, SOCKET]),
        ("~d example.com & ~m POST", [CHAT]),
        ("~d example.com ~m GET", [SOCKET]),
        ("~c 404 | ~c 0101", [SCRIPT, SOCKET]),
        ("~t json", [CHAT]),
        ("~tq event-stream", []),
        ("~ts event-stream", [CHAT]),
        ("~hq 'x-session: 1'", [CHAT]),
        ('~hs "^server: NGINX"', [CHAT]),
        ("~h upgrade", [SOCKET]),
        ("!~a", [CHAT, SOCKET]),
        ("!(~c 200 | ~c 404)", [SOCKET]),
        ("~c 404 | ~c 200 & ~m GET", [SCRIPT]),
        ("(~c 404 | ~c 200) & ~m GET", [SCRIPT]),
        ("~c 404 | ~c 101 ~m GET & !~a ", [SOCKET]),
        (r"'app\\.js'", [SCRIPT]),
    ],
)
def test_a_filter_lets_through_what_it_describes(expression: str, matching: list[Heads]) -> None:
    wanted = parse(expression)
    assert [head for head in HEADS if wanted(head)] == matching


@pytest.mark.parametrize(
    ("expression", "position", "words"),
    [
        (" ", 2, "it ends here"),
        ("~d", 1, "~d needs a regular expression"),
        ("~c ok", 1, "~c needs a status after it, such as ~c 200"),
        ("~d a & ~u [", 8, "'[' is not a regular expression: unterminated character set"),
        ("x{99999999999}", 1, "not a regular expression"),
        ("\udc80 ~h \udc80", 3, "not a regular expression"),
        ("a & (b | (c | d)", 5, "parenthesis is not closed"),
        ("a & b)", 6, "no open parenthesis before this one"),
        ("()", 2, "nothing between the two"),
        ("(a b)", 4, "has to be written &"),
        ("~d 'a", 1, "~d needs a regular expression"),
        ("a 'b", 3, "this quote is not closed"),
        ("(~all)", 2, "put a space after ~all"),
        ("~nonsense", 1, "these work: ~a ~all ~c ~d "),
        ("(" * 100, NESTING_LIMIT + 1, "levels"),
        ("!" * 9999 + "a", NESTING_LIMIT + 1, "levels"),
    ],
)
def test_what_is_no_filter_is_told_with_its_place(
    expression: str, position: int, words: str
) -> None:
    with pytest.raises(
        RecordOptionError, match=f"^--filter .*: at character {position}: "
    ) as raised:
        parse(expression)
    assert words in str(raised.value)


@pytest.mark.parametrize("name", UNANSWERED)
def test_an_operator_that_the_heads_cannot_answer_is_named_with_those_it_can(name: str) -> None:
    with pytest.raises(RecordOptionError, match=f"character 8: ~{name} asks for .*~d .*~websocket"):
        parse(f"~m GET ~{name} a")


WORDS = st.sampled_from(
    ["chat", "GET", "^https?://", r"\.js$", "[0-9]+", "json", "1", "'x-s.*: 1'", '"stream"', "é"]
)
ATOMS = (
    st.sampled_from([f"~{name}" for name in PLAIN])
    | st.builds("~{} {}".format, st.sampled_from([*TEXTS, *BYTES]), WORDS)
    | st.builds("~c {}".format, st.sampled_from(["200", "404", "101", "0200"]))
    | WORDS
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds("!{}".format, inner)
        | st.builds("({} )".format, inner)
        | st.builds("{} & {}".format, inner, inner)
        | st.builds("{} |{}".format, inner, inner)
        | st.builds("{} {}".format, inner, inner)
    ),
    max_leaves=5,
)
# Whatever comes to mind, most of which is no filter. mitmproxy's parser takes exponential time.
SCRAPS = st.lists(
    st.sampled_from(
        [
            *("~d", "~m", "~c", "~all", "~b", "~", "chat", "200", "é", "(", ")", "!", "&", "|"),
            *("'", '"', "\\", "[", "\n", " ", " ", " "),
        ]
    ),
    max_size=9,
).map("".join)


@given(EXPRESSIONS | SCRAPS)
def test_mitmproxy_takes_the_same_expressions_and_they_say_the_same(expression: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd sets in regular expressions
            oracle = flowfilter.parse(expression)
    except ValueError:
        assert expression == "" or refusal(expression)
        return
    if refused := refusal(expression):
        assert "~b asks for" in refused
        return
    wanted = parse(expression)
    assert [wanted(head) for head in HEADS] == [bool(oracle(flow)) for flow in FLOWS]


def refusal(expression: str) -> str:
    try:
        parse(expression)
    except RecordOptionError as error:
        return str(error)
    return ""
