"""Errors in the shapes of providers; their own SDKs read them, too."""

import json
from typing import Any

import httpx
import pytest

from ssetape.replay.provider_errors import ProviderError, Refused, error, refused, retry_headers

RATE, OVERLOAD = Refused.RATE, Refused.OVERLOAD


def response(said: ProviderError) -> httpx.Response:
    request = httpx.Request("POST", "http://provider.test/")
    return httpx.Response(said.status, headers=said.headers, content=said.body, request=request)


SHAPES = [
    (
        *("openai-chat", RATE, 429),
        {
            "error": {
                "message": "no",
                "type": "requests",
                "param": None,
                "code": "rate_limit_exceeded",
            }
        },
    ),
    (
        *("openai-responses", OVERLOAD, 503),
        {
            "error": {
                "message": "no",
                "type": "service_unavailable_error",
                "param": None,
                "code": "server_is_overloaded",
            }
        },
    ),
    (
        *("anthropic", RATE, 429),
        {"type": "error", "error": {"type": "rate_limit_error", "message": "no"}},
    ),
    (
        *("anthropic", OVERLOAD, 529),
        {"type": "error", "error": {"type": "overloaded_error", "message": "no"}},
    ),
]


@pytest.mark.parametrize(("protocol", "why", "status", "body"), SHAPES)
def test_openai_and_anthropic_say_when_to_come_again_in_a_header(
    protocol: str, why: Refused, status: int, body: Any
) -> None:
    said = refused(protocol, why, "no", 2)
    assert (said.status, json.loads(said.body)) == (status, body)
    assert said.headers == [("content-type", "application/json"), ("retry-after", "2")]


@pytest.mark.parametrize(
    ("why", "status", "name"),
    [(RATE, 429, "RESOURCE_EXHAUSTED"), (OVERLOAD, 503, "UNAVAILABLE")],
)
def test_gemini_says_it_in_the_body(why: Refused, status: int, name: str) -> None:
    said = refused("gemini", why, "no", 1.5)
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}
    fields = {"code": status, "message": "no", "status": name, "details": [info]}
    assert (said.status, json.loads(said.body)) == (status, {"error": fields})
    assert said.headers == [("content-type", "application/json")]


@pytest.mark.programs
def test_openai_s_client_reads_them() -> None:
    import openai

    read = openai.OpenAI(api_key="x")._make_status_error_from_response
    for why, kind, code in (
        (RATE, openai.RateLimitError, "rate_limit_exceeded"),
        (OVERLOAD, openai.InternalServerError, "server_is_overloaded"),
    ):
        found = read(response(refused("openai-chat", why, "too much", 2)))
        assert (type(found), found.code) == (kind, code)
        assert "too much" in str(found)


@pytest.mark.programs
def test_anthropic_s_client_reads_them() -> None:
    import anthropic

    read = anthropic.Anthropic(api_key="x")._make_status_error_from_response
    for why, status, name in ((RATE, 429, "rate_limit_error"), (OVERLOAD, 529, "overloaded_error")):
        found = read(response(refused("anthropic", why, "too much", 2)))
        body: Any = found.body
        assert (found.status_code, body["error"]["type"]) == (status, name)


# Its oldest version uses what its dependencies have come to deprecate.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
@pytest.mark.programs
def test_gemini_s_client_reads_them() -> None:
    from google.genai import errors

    for why, kind, name in (
        (RATE, errors.ClientError, "RESOURCE_EXHAUSTED"),
        (OVERLOAD, errors.ServerError, "UNAVAILABLE"),
    ):
        with pytest.raises(kind) as caught:
            errors.APIError.raise_for_response(response(refused("gemini", why, "too much", 2)))
        assert (caught.value.status, caught.value.message) == (name, "too much")


def test_bedrock_and_ollama_have_shapes_of_their_own() -> None:
    said = refused("bedrock-converse", RATE, "too much", 1)
    assert (said.status, json.loads(said.body)) == (429, {"message": "too much"})
    assert dict(said.headers)["x-amzn-errortype"] == "ThrottlingException"
    said = refused("bedrock-invoke", OVERLOAD, "too much", 1)
    assert said.status == 503
    assert dict(said.headers)["x-amzn-errortype"] == "ServiceUnavailableException"
    for why in Refused:
        said = refused("ollama", why, "too much", 1)
        assert (said.status, json.loads(said.body)) == (503, {"error": "too much"})


@pytest.mark.parametrize("protocol", [None, "vercel-ui", "of another package"])
def test_other_protocols_get_what_both_sdks_read(protocol: str | None) -> None:
    said = refused(protocol, RATE, "too much", 1)
    expected = {"type": "error", "error": {"type": "rate_limit_error", "message": "too much"}}
    assert (said.status, json.loads(said.body)) == (429, expected)
    assert ("retry-after", "1") in said.headers


@pytest.mark.parametrize("protocol", ["openai-chat", "anthropic", "gemini", "ollama", None])
def test_every_status_has_an_error(protocol: str | None) -> None:
    for status in range(400, 600):
        said = error(protocol, status, "no")
        assert said.status == status
        assert b"no" in said.body


def test_a_time_is_said_in_whole_seconds_and_exactly() -> None:
    assert retry_headers(2) == [("retry-after", "2")]
    assert retry_headers(0.5) == [("retry-after-ms", "500"), ("retry-after", "1")]
