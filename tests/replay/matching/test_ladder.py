import gzip
import json
import sys
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, urlencode

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import cases

from ssetape.format.values import Headers, Request
from ssetape.replay.exchange import ClientRequest
from ssetape.replay.matching import ladder, wanted
from ssetape.replay.matching.ladder import Matcher
from ssetape.replay.matching.rules import Match, MatchRules
from ssetape.replay.matching.turns import Order, Turns
from ssetape.requests.content import Content, content_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def captured(
    url: str = "http://origin.test/a",
    method: str = "GET",
    body: bytes | None = None,
    masked: tuple[str, ...] = (),
) -> Request:
    return Request(method, url, "HTTP/1.1", [], body, (), masked)


def asked(
    target: str, method: str = "GET", host: str = "origin.test", body: bytes = b""
) -> ClientRequest:
    return ClientRequest(method, target, [("Host", host)], body)


def chosen(matcher: Matcher, request: ClientRequest) -> int | None:
    near = matcher.choose(request)
    return None if near is None else near.index


# --- which one -------------------------------------------------------------------------------


def test_method_and_path_decide_whether_one_answers() -> None:
    matcher = Matcher([captured("http://origin.test/a"), captured("http://origin.test/b", "POST")])
    assert chosen(matcher, asked("/a")) == 0
    assert chosen(matcher, asked("/b", "POST")) == 1
    for miss in (asked("/b"), asked("/a", "POST"), asked("/A"), asked("/a/"), asked("/")):
        assert matcher.choose(miss) is None


def test_a_url_without_a_path_is_asked_for_with_a_slash() -> None:
    assert chosen(Matcher([captured("http://origin.test")]), asked("/")) == 0
    assert chosen(Matcher([captured("http://origin.test?a=1")]), asked("/?a=1")) == 0


def test_the_query_chooses_first_then_the_body_then_the_host() -> None:
    matcher = Matcher(
        [
            captured("http://origin.test/a?q=2", "POST", b"x"),
            captured("http://other.test/a?q=1", "POST", b"y"),
            captured("http://origin.test/a?q=1", "POST", b"z"),
            captured("http://other.test/a?q=1", "POST", b"x"),
            captured("http://origin.test/a?q=1", "POST", b"x"),
        ]
    )
    assert chosen(matcher, asked("/a?q=1", "POST", "origin.test", b"x")) == 4
    assert chosen(matcher, asked("/a?q=1", "POST", "other.test", b"x")) == 3
    assert chosen(matcher, asked("/a?q=1", "POST", "other.test", b"z")) == 2
    assert chosen(matcher, asked("/a?q=2", "POST", "other.test", b"y")) == 0
    assert chosen(matcher, asked("/a?q=1", "POST", "origin.test", b"none")) == 2


def test_the_query_with_fewer_differences_is_nearer() -> None:
    matcher = Matcher(
        [captured("http://x/a"), captured("http://x/a?a=1&b=2"), captured("http://x/a?a=1&b=2&c=3")]
    )
    assert chosen(matcher, asked("/a?a=1&b=2&d=4")) == 1
    assert chosen(matcher, asked("/a?d=4")) == 0


def test_the_order_of_parameters_is_no_difference() -> None:
    matcher = Matcher([captured("http://x/a?b=2&b=3"), captured("http://x/a?b=2&a=1")])
    near = matcher.choose(asked("/a?a=1&b=2"))
    assert near is not None
    assert (near.index, near.differs) == (1, ())


def test_how_often_a_parameter_is_given_is_a_difference() -> None:
    matcher = Matcher([captured("http://x/a?b=2"), captured("http://x/a?b=2&b=2")])
    assert chosen(matcher, asked("/a?b=2&b=2")) == 1


def test_encodings_of_the_same_parameter_are_the_same() -> None:
    near = Matcher([captured("http://x/a?q=a%20b%C3%A9&e=")]).choose(asked("/a?q=a+b%c3%a9&e="))
    assert near is not None
    assert near.differs == ()


def test_a_masked_parameter_is_taken_as_the_same() -> None:
    matcher = Matcher(
        [
            captured("http://x/a?key=MASKED&q=1", masked=("key",)),
            captured("http://x/a?key=MASKED&q=2", masked=("key",)),
        ]
    )
    near = matcher.choose(asked("/a?q=2&key=sk-real"))
    assert near is not None
    assert (near.index, near.differs) == (1, ())
    near = matcher.choose(asked("/a?q=1"))
    assert near is not None
    assert near.index == 0


def test_a_value_that_only_looks_masked_is_compared() -> None:
    near = Matcher([captured("http://x/a?q=MASKED")]).choose(asked("/a?q=1"))
    assert near is not None
    assert near.differs == ("query: asked 'q=1', captured 'q=MASKED'",)


@pytest.mark.parametrize(
    "target",
    ["http://origin.test/a?q=1", "https://ORIGIN.test/a?q=1", "http://other.test:80/a?q=1"],
)
def test_what_a_proxy_is_asked_counts_as_well(target: str) -> None:
    near = Matcher([captured("https://origin.test/a?q=1")]).choose(asked(target, host="x"))
    assert near is not None
    assert near.differs == ()


def test_the_host_of_an_absolute_target_is_the_one_asked_for() -> None:
    matcher = Matcher([captured("http://one.test/a"), captured("http://two.test/a")])
    assert chosen(matcher, asked("http://two.test/a", host="localhost")) == 1


@pytest.mark.parametrize("target", ["/a?next=http://x/y", "/a?u=://", "/a://b"])
def test_a_url_within_a_target_makes_it_not_absolute(target: str) -> None:
    matcher = Matcher([captured(f"http://origin.test{target}")])
    near = matcher.choose(asked(target))
    assert near is not None
    assert near.differs == ()


def test_json_bodies_are_compared_by_what_they_mean() -> None:
    matcher = Matcher(
        [
            captured(method="POST", body=b'{"a": [1, {"b": "x"}], "c": null}'),
            captured(method="POST", body=b'{"c":null,"a":[1,{"b":"y"}]}'),
        ]
    )
    for body, index in (
        (b'{"c":null,"a":[1,{"b":"\\u0078"}]}', 0),
        (b' {"a": [1, {"b": "y"}],\n "c": null}\n', 1),
    ):
        near = matcher.choose(asked("/a", "POST", body=body))
        assert near is not None
        assert (near.index, near.differs) == (index, ())


def test_the_order_of_a_json_list_means_something() -> None:
    matcher = Matcher([captured(body=b"[1, 2]"), captured(body=b"[2, 1]")])
    assert chosen(matcher, asked("/a", body=b"[2,1]")) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\0", b"{", b"[" * 10_000 + b"]" * 10_000, b"[" * 300 + b"]" * 300, b"words"],
)
def test_bodies_that_are_no_json_are_compared_by_their_bytes(body: bytes) -> None:
    matcher = Matcher([captured(body=body + b" "), captured(body=body)])
    assert chosen(matcher, asked("/a", body=body)) in ((1,) if body[:1] != b"[" else (0, 1))


# --- however it is spelled -------------------------------------------------------------------


QUESTIONS = ("alpha", "beta", "gamma")


def payload(word: str) -> dict[str, Any]:
    return {"model": "m", "n": 1, "messages": [{"content": f"é/ {word}"}], "limits": [0.5, 100]}


def fields(word: str) -> list[tuple[str, str]]:
    return [("model", "m"), ("q", f"é & {word}"), ("options", '{"a": 1, "b": [2]}')]


def multipart(word: str, boundary: str, head: str) -> bytes:
    parts = "".join(
        f"--{boundary}\r\n{head.format(name)}\r\n\r\n{value}\r\n" for name, value in fields(word)
    )
    return f"{parts}--{boundary}--\r\n".encode()


DISPOSITION = 'Content-Disposition: form-data; name="{}"'
RECORDED: dict[str, Callable[[str], tuple[str, bytes]]] = {
    "json": lambda word: ("application/json", json.dumps(payload(word)).encode()),
    "lines": lambda word: ("application/x-ndjson", f'{{"a":1}}\n{{"q":"{word}"}}\n'.encode()),
    "form": lambda word: ("application/x-www-form-urlencoded", urlencode(fields(word)).encode()),
    "multipart": lambda word: (
        "multipart/form-data; boundary=one",
        multipart(word, "one", DISPOSITION),
    ),
    "text": lambda word: ("text/plain", f"é\n{word}".encode()),
}


def respelled_json(draw: st.DrawFn, word: str) -> tuple[str, bytes]:
    value = payload(word)
    names = draw(st.permutations(list(value)))
    value["n"] = draw(st.sampled_from([1, 1.0]))
    value["limits"] = [0.5, draw(st.sampled_from([100, 100.0]))]
    text = json.dumps(
        {name: value[name] for name in names},
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.none() | st.integers(0, 4)),
    )
    text = text.replace("/", draw(st.sampled_from(["/", "\\/"]))).replace("0.5", "5e-1")
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    label = draw(st.sampled_from(["application/json", "Application/JSON; charset=utf-8", ""]))
    return label, text.encode(encoding)


def respelled_lines(draw: st.DrawFn, word: str) -> tuple[str, bytes]:
    end = draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
    return "application/jsonl", f'{{ "a" : 1.0 }}{end}{{"q": "{word}"}}'.encode()


def respelled_form(draw: st.DrawFn, word: str) -> tuple[str, bytes]:
    quote = draw(st.sampled_from([quote_plus, percent_encoded]))
    pairs = draw(st.permutations(fields(word)))
    return (
        "application/x-www-form-urlencoded;charset=utf-8",
        "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs).encode(),
    )


def respelled_multipart(draw: st.DrawFn, word: str) -> tuple[str, bytes]:
    boundary = draw(st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True))
    head = draw(
        st.sampled_from(
            [
                DISPOSITION,
                "content-disposition: form-data;name={}",
                f"{DISPOSITION}\r\nContent-Type: text/plain; charset=utf-8",
            ]
        )
    )
    return f'multipart/form-data; boundary="{boundary}"', multipart(word, boundary, head)


def respelled_text(draw: st.DrawFn, word: str) -> tuple[str, bytes]:
    if draw(st.booleans()):
        return "text/plain; charset=ISO-8859-1", f"é\r\n{word}".encode("latin-1")
    return "Text/Plain", f"é\r\n{word}".encode("utf-8-sig")


RESPELLED: dict[str, Callable[[st.DrawFn, str], tuple[str, bytes]]] = {
    "json": respelled_json,
    "lines": respelled_lines,
    "form": respelled_form,
    "multipart": respelled_multipart,
    "text": respelled_text,
}
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def percent_encoded(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


@st.composite
def respelled_url(draw: st.DrawFn) -> str:
    path = "".join(
        draw(st.sampled_from([letter, percent_encoded(letter), percent_encoded(letter).upper()]))
        for letter in "chat~é"
    )
    a = draw(st.sampled_from(["a=%C3%A9+1", "a=%c3%a9%201", "%61=é%201"]))
    pairs = draw(st.permutations([a, "b=2"]))
    return f"/{draw(st.sampled_from(['', './', 'x/../']))}{path}?{'&'.join(pairs)}"


@pytest.mark.parametrize("match", [Match.NEAREST, Match.NORMALISED])
@pytest.mark.parametrize("kind", RECORDED)
@given(data=st.data())
def test_whatever_a_client_does_to_the_spelling_the_same_capture_answers(
    kind: str, match: Match, data: st.DataObject
) -> None:
    """Percent-encoding, case of headers, spelling of the body, its coding and its label."""
    number = data.draw(st.integers(0, len(QUESTIONS) - 1))
    url = "https://api.test/chat~%C3%A9?a=%C3%A9%201&b=2"
    requests = []
    for word in QUESTIONS:
        label, body = RECORDED[kind](word)
        requests.append(Request("POST", url, "HTTP/1.1", [("content-type", label)], body))
    label, body = RESPELLED[kind](data.draw, QUESTIONS[number])  # type: ignore[arg-type]
    coding = data.draw(st.sampled_from(list(CODINGS)))
    spell = data.draw(st.sampled_from([str.lower, str.upper, str.title]))
    headers = [(spell("content-type"), label)] if label else []
    if coding:
        headers.append((spell("content-encoding"), spell(coding)))
    target = data.draw(respelled_url()).encode().decode("latin-1")  # as it comes from a socket
    near = Matcher(requests, rules(match)).choose(
        ClientRequest("POST", target, headers, CODINGS[coding](body))
    )
    assert near is not None
    assert (near.index, near.differs) == (number, ())


# --- none is equal ---------------------------------------------------------------------------


def chat(word: str, number: int) -> bytes:
    message = {"id": f"id-{number}", "content": {"parts": [word]}, "create_time": number}
    return json.dumps({"messages": [message], "parent_message_id": f"p-{number}"}).encode()


def test_a_question_with_new_ids_gets_its_own_answer_every_time() -> None:
    requests = [captured(method="POST", body=chat(word, n)) for n, word in enumerate(QUESTIONS)]
    matcher = Matcher(requests)
    for round_ in range(2):
        for number in (2, 1, 0):
            request = asked("/a", "POST", body=chat(QUESTIONS[number], 100 + round_))
            near = matcher.choose(request)
            assert near is not None
            assert near.index == number
            assert 0.5 < near.alike < 1


def test_of_equally_similar_ones_the_first_answers_every_time() -> None:
    matcher = Matcher([captured(body=b"one two"), captured(body=b"one two")])
    assert [chosen(matcher, asked("/a", body=b"one three")) for _ in range(3)] == [0, 0, 0]


def test_a_conversation_is_answered_by_its_own_turn() -> None:
    turns = [{"id": n, "content": f"turn number {n} of this conversation"} for n in range(4)]
    requests = [
        captured(method="POST", body=json.dumps({"messages": turns[: 1 + n]}).encode())
        for n in range(4)
    ]
    matcher = Matcher(requests)
    for number in (2, 0, 3, 1):
        messages = [{**turn, "id": 77} for turn in turns[: 1 + number]]
        body = json.dumps({"messages": messages}).encode()
        assert chosen(matcher, asked("/a", "POST", body=body)) == number


def test_the_nearest_of_thousands_is_found() -> None:
    requests = [
        captured(method="POST", body=chat(f"question {number} of {number * 31}", number))
        for number in range(1_000)
    ]
    matcher = Matcher(requests)
    for number in range(0, 1_000, 97):
        body = chat(f"question {number} of {number * 31}", 10_000 + number)
        assert chosen(matcher, asked("/a", "POST", body=body)) == number
        nears = matcher.nearest(asked("/a", "POST", body=body))
        assert nears[0].index == number
        assert nears[0].alike > nears[1].alike


# --- again and again -------------------------------------------------------------------------


def test_equal_requests_take_turns_in_recorded_order() -> None:
    matcher = Matcher([captured() for _ in range(3)])
    assert [chosen(matcher, asked("/a")) for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_different_requests_take_turns_of_their_own() -> None:
    urls = ["http://x/a?q=1", "http://x/a?q=2", "http://x/a?q=1", "http://x/a?q=2"]
    matcher = Matcher([captured(url) for url in urls])
    turns = [chosen(matcher, asked(f"/a?q={q}")) for q in (1, 2, 2, 1, 1)]
    assert turns == [0, 1, 3, 2, 0]


@pytest.mark.parametrize("order", [Order.RANDOM, Order.SHUFFLE])
def test_captures_of_a_path_are_drawn_whatever_is_asked(order: Order) -> None:
    requests = [captured(method="POST", body=b"%d" % number) for number in range(20)]
    other = captured("http://origin.test/b", "POST")
    matcher = Matcher([*requests, other], MatchRules(Match.PATH), Turns(order, 1))
    nears = [matcher.choose(asked("/a", "POST", body=b"new %d" % n)) for n in range(40)]
    found = [near.index for near in nears if near is not None]
    assert len(found) == 40
    assert set(found) <= set(range(20))
    assert found[:20] != sorted(found[:20])
    # They are not alike, and were not meant to be.
    assert {near.differs for near in nears if near is not None} == {()}
    assert chosen(matcher, asked("/b", "POST")) == 20


@pytest.mark.parametrize("order", list(Order))
def test_only_equal_captures_are_drawn_where_more_has_to_match(order: Order) -> None:
    requests = [captured(method="POST", body=b"%d" % (number % 2)) for number in range(10)]
    matcher = Matcher(requests, MatchRules(Match.NEAREST), Turns(order))
    found = [chosen(matcher, asked("/a", "POST", body=b"1")) for _ in range(30)]
    assert set(found) <= {1, 3, 5, 7, 9}
    if order is not Order.RANDOM:
        assert set(found[:5]) == {1, 3, 5, 7, 9}


def test_a_miss_takes_no_turn() -> None:
    matcher = Matcher([captured(), captured()])
    assert matcher.choose(asked("/b")) is None
    assert chosen(matcher, asked("/a")) == 0


# --- how it differs --------------------------------------------------------------------------


def test_an_answer_that_is_only_near_says_how_it_differs() -> None:
    near = Matcher([captured("http://x/a?q=1&r=%26", body=b"abc")]).choose(
        asked("/a?q=2", body=b"a")
    )
    assert near is not None
    assert near.differs == (
        "query: asked 'q=2', captured 'q=1&r=%26'",
        "body: asked 1 bytes, captured 3 bytes, and they differ",
    )


def test_a_miss_names_the_nearest_the_nearest_first() -> None:
    urls = ["/v1/models", "/v1/chat/completions", "/v1/chat/completions?q=1", "/x", "/y"]
    matcher = Matcher([captured(f"http://o{url}", "POST") for url in urls])
    nears = matcher.nearest(asked("/v1/chat/completion", "POST"))
    assert len(nears) == 3
    assert [near.index for near in nears[:2]] == [1, 2]
    assert nears[0].differs == ("path: asked /v1/chat/completion, captured /v1/chat/completions",)


def test_the_same_path_with_another_method_is_the_nearest() -> None:
    matcher = Matcher([captured("http://x/b"), captured("http://x/a", "POST")])
    nears = matcher.nearest(asked("/a"))
    assert [near.index for near in nears] == [1, 0]
    assert nears[0].differs == ("method: asked GET, captured POST",)


def test_asking_for_the_nearest_takes_no_turn() -> None:
    matcher = Matcher([captured(), captured()])
    matcher.nearest(asked("/a"))
    assert chosen(matcher, asked("/a")) == 0


@given(
    target=st.text(st.characters(max_codepoint=255), max_size=40),
    url=st.text(max_size=40),
    host=st.text(st.characters(max_codepoint=255), max_size=20),
    body=st.binary(max_size=20),
)
def test_whatever_is_asked_raises_nothing(target: str, url: str, host: str, body: bytes) -> None:
    for start in ("", "/", "/?", "http://", "/a?a="):
        matcher = Matcher(
            [captured(url), captured(f"http://x/a?{url}"), captured("http://x/a?a=1")]
        )
        request = asked(start + target, host=host, body=body)
        matcher.choose(request)
        assert matcher.nearest(request)


def test_a_query_that_is_not_utf_8_can_be_told() -> None:
    matcher = Matcher([captured("http://x/a?a=%fe")])
    near = matcher.choose(asked("/a?a=%ff"))
    assert near is not None
    assert near.differs == ("query: asked 'a=%FF', captured 'a=%FE'",)


def test_many_captures_are_no_matter() -> None:
    matcher = Matcher([captured(f"http://x/{number}") for number in range(5_000)])
    for number in range(0, 5_000, 10):
        assert chosen(matcher, asked(f"/{number}")) == number


def rules(match: Match, **fields: Any) -> MatchRules:
    return MatchRules(match, **fields)


def test_in_sequence_they_answer_one_after_the_other() -> None:
    requests = [captured("http://x/a"), captured("http://x/b", "POST")]
    matcher = Matcher(requests, rules(Match.SEQUENCE))
    assert [chosen(matcher, asked("/any")) for _ in range(3)] == [0, 1, 0]
    assert Matcher([], rules(Match.SEQUENCE)).choose(asked("/any")) is None


def test_every_session_has_turns_of_its_own() -> None:
    matcher = Matcher([captured(), captured()])

    def turn(session: str) -> int | None:
        return chosen(matcher, ClientRequest("GET", "/a", [("X-Ssetape-Session", session)]))

    assert [turn("a"), turn("b"), turn("a"), turn("b"), turn("a")] == [0, 0, 1, 1, 0]


def test_a_capture_may_have_rules_of_its_own() -> None:
    requests = [captured("http://x/a?q=1"), captured("http://x/a?q=2")]
    matcher = Matcher(requests, [rules(Match.NORMALISED), rules(Match.PATH)])
    assert chosen(matcher, asked("/a?q=9")) == 1
    strict = Matcher(requests, rules(Match.NORMALISED))
    assert strict.choose(asked("/a?q=9")) is None
    assert chosen(strict, asked("/a?q=2")) == 1


@pytest.mark.parametrize(
    ("request_", "reaches"),
    [
        (asked("/a?q=1", "POST", body=b'{"a": 1}'), Match.EXACT),
        (asked("/a?q=1", "POST", body=b'{"a":1}'), Match.NORMALISED),
        (asked("/a?q=1", "POST", "other.test", b'{"a": 1}'), Match.NORMALISED),
        (asked("/a?q=2", "POST", body=b'{"a": 1}'), Match.PATH),
        (asked("/a?q=1", "POST"), Match.PATH),
        (asked("/b?q=1", "POST", body=b'{"a": 1}'), None),
        (asked("/a?q=1", "GET", body=b'{"a": 1}'), None),
    ],
)
def test_how_near_one_is_is_told(request_: ClientRequest, reaches: Match | None) -> None:
    matcher = Matcher([captured("http://origin.test/a?q=1", "POST", b'{"a": 1}')])
    assert matcher.compare(0, request_).reaches is reaches


def test_a_masked_part_of_a_path_matches_any() -> None:
    known = Request("GET", "http://x/u/masked-0123456789ab/a", "HTTP/1.1", [], masked_path=True)
    matcher = Matcher([known, captured("http://x/u/masked-0123456789ab/b")])
    assert chosen(matcher, asked("/u/secret/a")) == 0
    assert matcher.choose(asked("/u/secret/b")) is None
    assert matcher.choose(asked("/v/secret/a")) is None
    near = matcher.nearest(asked("/u/secret/a", "POST"))[0]
    assert near.differs == ("method: asked POST, captured GET",)


# --- requests as real clients send them ------------------------------------------------------


@pytest.mark.parametrize("sample", cases("requests/request_samples.json", "client"))
def test_a_real_request_finds_itself(sample: dict[str, Any]) -> None:
    body = sample["body"]
    body = (body if isinstance(body, str) else json.dumps(body) if body else "").encode()
    others = [captured(f"http://o{sample['path']}", sample["method"], body + b" x")]
    own = captured(f"http://o{sample['path']}", sample["method"], body)
    near = Matcher([*others, own]).choose(asked(sample["path"], sample["method"], "h", body))
    assert near is not None
    assert (near.index, near.differs) == (1, ())


def test_a_request_that_comes_again_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ladder._remembered.cache_clear()
    read: list[bytes] = []

    def counted(headers: Headers, body: bytes) -> Content:
        read.append(body)
        return content_of(headers, body)

    monkeypatch.setattr(wanted, "content_of", counted)
    headers = [("content-type", "application/json")]
    matcher = Matcher([Request("POST", "http://a.test/again", "HTTP/1.1", headers, b'{"a": 2}')])
    for body in (b'{"a": 1.0}', b'{"a": 1.0}', b'{"a":2}', b'{"a": 1.0}'):
        near = matcher.choose(ClientRequest("POST", "/again", list(headers), body))
        assert near is not None
        assert (not near.differs) == (body == b'{"a":2}')
    assert read.count(b'{"a": 1.0}') == 1
