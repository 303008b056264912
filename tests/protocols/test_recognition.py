"""Every protocol's stream is recognised as its own, by no other protocol, whatever is in it."""

import json
import random

import pytest
from hostile import mutations
from protocol_samples import SAMPLES, Sample
from said import clues, facts_of, message

from ssetape import protocols
from ssetape.errors import MessageError
from ssetape.facts import Reasoning, Text, ToolCall
from ssetape.meaning.guarded import is_sound
from ssetape.protocols import Clues

PATHS = ("/x", "/v1/chat/completions", "/v1/messages", "/v1/responses", "/api/chat")
PATHS += ("/generate_stream", "/v2/models/m/generate_stream", "/model/m/converse-stream")


def clues_of(sample: Sample, path: str = "/x") -> Clues:
    return clues(*sample.said, url=f"http://a.test{path}")._replace(
        is_websocket=sample.is_websocket
    )


def takers(made: Clues) -> list[str]:
    last = [name.replace("_", "-") for name in protocols.LAST]
    found = [each.NAME for each in protocols.all_protocols() if each.recognises(made)]
    return [name for name in found if name not in last] or found


def test_every_protocol_has_a_sample() -> None:
    assert set(SAMPLES) == {each.NAME for each in protocols.all_protocols()}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_recognised_as_itself_and_by_no_other(name: str, path: str) -> None:
    if name == "json-error" and path != "/x":
        return  # at a protocol's own path it is this protocol's error
    made = clues_of(SAMPLES[name], path)
    if name == "openai-realtime" and path == "/v1/responses":
        return  # over a WebSocket the two are told apart by this path
    assert takers(made) == [name]


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_recognised_from_the_beginning_or_not_yet(name: str) -> None:
    """More messages never make it another protocol's."""
    sample = SAMPLES[name]
    found = [
        takers(clues_of(sample._replace(said=sample.said[:count])))
        for count in range(1, len(sample.said) + 1)
    ]
    assert all(each in ([], [name]) for each in found)


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "json-error"])
def test_no_sample_is_silent(name: str) -> None:
    protocol = next(each for each in protocols.all_protocols() if name in each.NAME.split())
    facts = facts_of(protocol, *SAMPLES[name].said)
    assert any(isinstance(fact, Text | Reasoning | ToolCall) for fact in facts)


STRANGERS = [
    {"type": "ADDED", "object": {"kind": "Pod", "metadata": {"name": "p"}}},
    {"seq": 0, "id": "d0", "changes": [{"rev": "1-a"}]},
    {"status": "create", "id": "x", "Type": "container", "Action": "create", "time": 1},
    {"event": "status", "data": {"text": "busy"}},
    {"content": "Hi", "stop": "yes"},
    {"token": "Hi"},
    {"output": {"text": "Hi"}},
    {"result": "Hi"},
    {"v": "Hi", "p": "/message"},
    {"message": {"taskId": "t"}},
    {"jsonrpc": "2.0", "id": 1, "result": {"task": {"taskId": "t", "status": "working"}}},
    {"choices": [{"text": "Hi"}]},
    {"is_end": 1},
    {"completion": "Hi"},
]


@pytest.mark.parametrize("value", STRANGERS, ids=json.dumps)
def test_what_resembles_a_protocol_is_none(value: dict[str, object]) -> None:
    found = takers(clues(value, value))
    assert found == (["mcp"] if "jsonrpc" in value else [])


@pytest.mark.parametrize("name", ["metadata", "data", "messages", "values"])
def test_the_name_of_an_event_is_not_enough(name: str) -> None:
    made = clues()
    made.messages.append(message((name, {"some": "thing"})))
    assert takers(made) == []


# All protocols look at this share of the odd messages.
SHARE = 10


@pytest.mark.parametrize("name", SAMPLES)
def test_values_of_every_type_at_every_place_stop_nothing(name: str) -> None:
    protocol = next(each for each in protocols.all_protocols() if name in each.NAME.split())
    reader = protocol.Reader()
    made = clues_of(SAMPLES[name])
    draw = random.Random(name)
    for each in map(message, SAMPLES[name].said):
        try:
            value = json.loads(each.data)
        except ValueError:
            continue
        for text in mutations(value):
            odd = each._replace(data=text)
            for other in () if draw.randrange(SHARE) else protocols.all_protocols():
                other.recognises(made._replace(messages=[odd, each]))
            for again in (odd, each):
                try:
                    assert all(map(is_sound, reader.read(again)))
                except MessageError:
                    pass
