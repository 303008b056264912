import json
from base64 import b64decode
from typing import Any

from written import answer_in, body_of, events_of

from ssetape.format.values import Chunk
from ssetape.messages.aws import AwsFrames
from ssetape.protocols.writing import writer_of


def frames(error: str | None = None) -> list[tuple[str, Any]]:
    body = body_of("bedrock-invoke", answer_in("bedrock-invoke", error=error))
    return [(each.name, json.loads(each.data)) for each in AwsFrames([]).feed(Chunk(0.0, body))]


def test_each_event_of_anthropic_s_is_in_a_frame() -> None:
    found = [(name, json.loads(b64decode(value["bytes"]))) for name, value in frames()]
    events = events_of("anthropic", answer_in("anthropic"))
    assert found == [("chunk", value) for _, value in events]


def test_an_error_is_an_exception() -> None:
    assert frames("too slow")[-1] == ("modelStreamErrorException", {"message": "too slow"})


def test_the_request_has_a_version_and_no_model() -> None:
    asked = writer_of("bedrock-invoke").request("m", "Hi")
    assert asked["anthropic_version"].startswith("bedrock-")
    assert asked.keys() == {"anthropic_version", "max_tokens", "messages"}
