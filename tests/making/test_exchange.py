import json
from dataclasses import replace

import pytest

from ssetape.errors import SsetapeError
from ssetape.making.answer import Wanted
from ssetape.making.distribution import constant, parse
from ssetape.making.exchange import STARTED_S, Recipe, make, url_of
from ssetape.making.rhythm import Rhythm, Stall
from ssetape.making.words import CUTTER
from ssetape.protocols.writing import names, writer_of

RHYTHM = Rhythm(head_s=constant(0.25), ttft_s=constant(0.5), gap_s=constant(0.125))


def recipe(protocol: str = "openai-chat", text: str = "So it is") -> Recipe:
    return Recipe(protocol, writer_of(protocol), Wanted("Hi", text), RHYTHM, CUTTER)


def test_each_token_is_a_chunk_and_what_comes_at_once_is_one() -> None:
    made = make(recipe())
    assert made.response.t_s == 0.25
    assert [chunk.t_s for chunk in made.chunks] == [0.5, 0.625, 0.75]
    first, second, third = (chunk.data for chunk in made.chunks)
    assert b'"role":"assistant"' in first
    assert b'"So"' in first
    assert second.count(b"data:") == 1
    assert b'"finish_reason":"stop"' in third
    assert third.endswith(b"data: [DONE]\n\n")
    assert (made.end.t_s, made.end.reason) == (0.75, "complete")
    assert (made.tokens, made.ttft_s) == (3, 0.5)


def test_tokens_without_a_gap_are_one_chunk() -> None:
    made = make(replace(recipe(), rhythm=Rhythm(gap_s=constant(0))))
    assert len(made.chunks) == 1


def test_without_a_token_the_end_comes_when_the_first_would() -> None:
    made = make(replace(recipe(), wanted=Wanted(error="too slow")))
    (chunk,) = made.chunks
    assert chunk.t_s == 0.5
    assert b"too slow" in chunk.data


@pytest.mark.parametrize("protocol", names())
def test_the_same_seed_and_number_make_the_same(protocol: str) -> None:
    rhythm = Rhythm(ttft_s=parse("uniform(1,2)"), gap_s=parse("uniform(0,1)"))
    wanted = Wanted(tokens=parse("uniform(3,30)"))
    given = replace(recipe(protocol), wanted=wanted, rhythm=rhythm)
    assert make(given, 3) == make(given, 3)
    for other in (make(given, 4), make(replace(given, seed=1), 3)):
        assert other.chunks != make(given, 3).chunks
        assert other.id != make(given, 3).id


def test_those_of_a_workload_follow_each_other() -> None:
    assert [make(recipe(), number).started_ns for number in (1, 2)] == [
        STARTED_S * 10**9,
        (STARTED_S + 1) * 10**9,
    ]


def test_it_says_how_it_was_made() -> None:
    assert make(recipe()).made == {
        "protocol": "openai-chat",
        "seed": 0,
        "number": 1,
        "cut": "words and syllables",
        "head": "0.25",
        "ttft": "0.5",
        "gap": "0.125",
    }
    stalls = [Stall(constant(3), 2), Stall(parse("exponential(1)"))]
    made = make(replace(recipe(), seed=5, rhythm=Rhythm(stalls=stalls)), 2).made
    assert (made["seed"], made["number"], made["rate"]) == (5, 2, "50")
    assert made["stalls"] == ["3@2", "exponential(1)"]


def test_it_is_asked_as_the_provider_is() -> None:
    request = make(recipe()).request
    assert (request.method, request.url) == ("POST", "https://api.openai.com/v1/chat/completions")
    assert request.headers == [("host", "api.openai.com"), ("content-type", "application/json")]
    body = json.loads(request.body or b"")
    assert (body["model"], body["stream"]) == ("gpt-4o", True)
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert make(recipe("plain-text")).request.body is None
    given = replace(recipe(), body=b"mine")
    assert make(given).request.body == b"mine"


@pytest.mark.parametrize(
    ("protocol", "given", "url"),
    [
        ("openai-chat", "/mine?x=1", "https://api.openai.com/mine?x=1"),
        ("openai-chat", "http://a.test:1/é", "http://a.test:1/%C3%A9"),
        (
            "bedrock-converse",
            "",
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/my%2Fm:1/converse-stream",
        ),
    ],
)
def test_the_path_and_the_model_may_be_given(protocol: str, given: str, url: str) -> None:
    wanted = Wanted("Hi", "a", model="my/m:1")
    assert url_of(replace(recipe(protocol), url=given, wanted=wanted)) == url


@pytest.mark.parametrize("given", ["mine", "ftp://a.test/", "http:///x", "http://[::1"])
def test_what_is_no_path_is_refused(given: str) -> None:
    with pytest.raises(SsetapeError, match="expected a path such as /v1/chat"):
        url_of(replace(recipe(), url=given))
