"""The options for serving a load test."""

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from programs import Program

from ssetape.cli.options.load import Load, load_options
from ssetape.replay.answers.limit import StreamLimit
from ssetape.replay.matching.turns import Order
from ssetape.replay.provider_errors import Refused

Write = Callable[..., Path]
Invoke = Callable[..., Result]

CHAT = (
    b'data: {"id":"chatcmpl-123456789","object":"chat.completion.chunk","created":1741569952,'
    b'"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
)


def load_of(*words: str) -> Load:
    """The load that a verb with these options is given."""
    given: list[Load] = []

    @click.command()
    @load_options
    def verb(load: Load) -> None:
        given.append(load)

    result = CliRunner().invoke(verb, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return given[0]


def test_the_options_become_a_load() -> None:
    assert load_of() == Load(None, False, None)
    assert load_of("--order", "shuffle", "--vary").order is Order.SHUFFLE
    assert load_of("--vary").varies
    limit = load_of("--limit-streams", "20", "--limit-as", "overload").limit
    assert isinstance(limit, StreamLimit)
    assert (limit.streams, limit.why) == (20, Refused.OVERLOAD)
    by_default = load_of("--limit-streams", "1").limit
    assert by_default is not None
    assert by_default.why is Refused.RATE


@pytest.mark.parametrize(
    "words", [["--order", "reverse"], ["--limit-streams", "0"], ["--limit-as", "quota"]]
)
def test_what_means_nothing_is_misuse(
    words: list[str], invoke: Invoke, capture_file: Write
) -> None:
    result = invoke("replay", *words, capture_file([(0.0, CHAT)]))
    assert result.exit_code == 2


def ask(port: int, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/chat", body)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


def test_the_captures_of_a_path_are_shuffled_and_varied(capture_file: Write) -> None:
    url = "http://origin.test/v1/chat"
    paths = [
        capture_file(
            [(0.0, CHAT.replace(b'"a"', b'"%d"' % number))], method="POST", url=url, body=b"{}"
        )
        for number in range(5)
    ]
    options = ["--order", "shuffle", "--seed", "3", "--vary", "--port", "0"]
    with Program("replay", *options, *paths) as program:
        bodies = [ask(program.port, b'{"n":%d}' % number)[1] for number in range(5)]
    said = [json.loads(body[len("data: ") :]) for body in bodies]
    words = [each["choices"][0]["delta"]["content"] for each in said]
    assert sorted(words) == ["0", "1", "2", "3", "4"]
    assert len({each["id"] for each in said} | {"chatcmpl-123456789"}) == 6


def test_what_is_beyond_the_limit_is_refused(capture_file: Write) -> None:
    path = capture_file([(0.0, CHAT), (600.0, CHAT)], method="POST", url="http://o.test/v1/chat")
    with Program("replay", "--limit-streams", "1", "--port", "0", path) as program:
        first = http.client.HTTPConnection("127.0.0.1", program.port, timeout=60)
        first.request("POST", "/v1/chat", b"")
        response: Any = first.getresponse()
        assert response.status == 200
        status, body = ask(program.port, b"")
        assert (status, json.loads(body)["error"]["type"]) == (429, "requests")
        response.close()
        first.close()
