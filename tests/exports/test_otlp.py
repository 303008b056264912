import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ssetape.capture import Capture
from ssetape.exports import otlp

Write = Callable[..., Path]
STARTED_NS = 1795426212123456000


def spans(data: bytes) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in data.splitlines()]
    return [line["resourceSpans"][0]["scopeSpans"][0]["spans"][0] for line in lines]


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


def test_a_span_has_the_milestones_and_the_attributes_of_the_conventions(
    capture_file: Write, written: Callable[..., Any], chat: Callable[..., Any]
) -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
    chunks = [*chat("Hi"), (4.0, usage)]
    path = capture_file(chunks, body=b'{"model":"asked"}', method="POST", head_s=0.5, end_s=5.0)
    data, problem = written(otlp, Capture(path))
    assert problem == ""
    [span] = spans(data)
    assert span["name"] == "chat m"
    assert int(span["startTimeUnixNano"]) == STARTED_NS
    assert int(span["endTimeUnixNano"]) == STARTED_NS + 5_000_000_000
    events = {e["name"]: int(e["timeUnixNano"]) - STARTED_NS for e in span["events"]}
    assert events["response head"] == 500_000_000
    assert events["first text"] == 1_000_000_000
    found = attributes(span)
    assert found["gen_ai.provider.name"] == "openai"
    assert (found["gen_ai.request.model"], found["gen_ai.response.model"]) == ("asked", "m")
    assert int(found["gen_ai.usage.input_tokens"]) == 3
    assert int(found["gen_ai.usage.output_tokens"]) == 2
    assert found["gen_ai.response.time_to_first_chunk"] == 1.0
    assert found["gen_ai.response.finish_reasons"] == {"values": [{"stringValue": "stop"}]}
    assert int(found["http.response.status_code"]) == 200
    assert (len(span["traceId"]), len(span["spanId"])) == (32, 16)
    int(span["traceId"], 16)
    assert "code" not in span.get("status", {})


def test_what_was_cut_is_an_error(capture_file: Write, written: Callable[..., Any]) -> None:
    path = capture_file([(1, b'data: {"a":1}\n\n')], end="upstream_cut", started="", url="http://[")
    [span] = spans(written(otlp, Capture(path))[0])
    assert span["status"]["code"] == 2
    assert attributes(span)["error.type"] == "upstream_cut"
    assert span["name"] == "http GET"


def test_it_is_what_collectors_read(
    capture_file: Write, written: Callable[..., Any], chat: Callable[..., Any]
) -> None:
    data, _ = written(otlp, Capture(capture_file(chat("Hi"))))
    value = json.loads(data)
    for span in value["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        del span["traceId"], span["spanId"]  # hexadecimal, as OTLP has it and Protocol Buffers not
    ParseDict(value, ExportTraceServiceRequest())


def test_without_the_sdk_it_says_what_to_install(
    capture_file: Write, written: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert "pip install 'ssetape[otlp]'" in written(otlp, Capture(capture_file([])))[1]


@pytest.mark.parametrize(
    ("started", "head_s", "status", "usage"),
    [
        ("0001-01-01T00:00:00Z", -3e9, 2**64 - 1, "18446744073709551615"),
        ("9999-12-31T23:59:59Z", 3e9, 2**63, "1e400"),
        ("2150-12-31T23:59:59Z", 3.1e9, -(2**63), "-1"),
        ("yesterday", 0.0, 200, '"\\ud800"'),
    ],
)
def test_no_number_or_date_loses_a_span(
    started: str,
    head_s: float,
    status: int,
    usage: str,
    capture_file: Write,
    written: Callable[..., Any],
) -> None:
    event = (
        f'data: {{"choices":[{{"delta":{{"content":"a"}},"finish_reason":"\\ud800"}}],'
        f'"model":"\\udfff","usage":{{"prompt_tokens":{usage},"completion_tokens":{usage}}}}}\n\n'
    )
    path = capture_file([(head_s, event.encode())], started=started, head_s=head_s, status=status)
    [span] = spans(written(otlp, Capture(path))[0])
    assert span["name"] == "chat ?"
    assert 0 <= int(span.get("startTimeUnixNano", 0)) < 2**63
    assert 0 <= int(span.get("endTimeUnixNano", 0)) < 2**63
    assert ("http.response.status_code" in attributes(span)) == (status in range(-(2**63), 2**63))
