"""OpenTelemetry spans with the attributes of generative AI, as OTLP/JSON lines.

https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/ and
https://github.com/open-telemetry/semantic-conventions-genai
"""

import json
from base64 import b64decode
from collections.abc import Iterable
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ssetape import __version__
from ssetape.capture import Capture
from ssetape.errors import CaptureError, ExportError, MessageError
from ssetape.format import bounds
from ssetape.loose_json import obj, parse, string
from ssetape.meaning.tokens import input_count
from ssetape.measures.measure import measure
from ssetape.measures.measurement import Measurement
from ssetape.output.refusals import not_installed
from ssetape.requests.content import request_text

SUFFIX = ".jsonl"
SEVERAL = True
LOSES = "bytes and events, and all times but the milestones"
SUMMARY = "OpenTelemetry spans with GenAI attributes (OTLP/JSON), one line per capture."

# The conventions' names for providers; for others the protocol's own name is used.
_PROVIDERS = {
    "openai-chat": "openai",
    "openai-responses": "openai",
    "openai-assistants": "openai",
    "openai-transcription": "openai",
    "openai-realtime": "openai",
    "anthropic": "anthropic",
    "claude-web": "anthropic",
    "chatgpt-web": "openai",
    "grok-web": "x_ai",
    "deepseek-web": "deepseek",
    "gemini": "gcp.gen_ai",
    "gemini-interactions": "gcp.gen_ai",
    "bedrock-converse": "aws.bedrock",
    "bedrock-invoke": "aws.bedrock",
    "cohere": "cohere",
    "cohere-v1": "cohere",
    "watsonx": "ibm.watsonx.ai",
}


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write one span per capture, with an event for each milestone.

    Raises:
        ExportError: OpenTelemetry's SDK is not installed; or a capture is damaged, and then the
            spans of the others are there.
    """
    try:
        from google.protobuf.json_format import MessageToDict
        from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import (
            SimpleSpanProcessor,
            SpanExporter,
            SpanExportResult,
        )
        from opentelemetry.trace import SpanKind, StatusCode
    except ImportError as error:
        raise ExportError(not_installed("otlp", "OpenTelemetry's SDK", "otlp", error)) from error

    class Lines(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            value = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
            out.write(json.dumps(_with_hexadecimal_ids(value)).encode() + b"\n")
            return SpanExportResult.SUCCESS

    resource = Resource.create({"service.name": "ssetape", "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(Lines()))
    tracer = provider.get_tracer("ssetape", __version__)
    problems: list[str] = []
    for capture in captures:
        try:
            measured = measure(capture)
        except CaptureError as error:
            problems.append(str(error))
            continue
        started_ns = bounds.since_1970_ns(bounds.started(capture.started))
        attributes = _attributes(capture, measured)
        operation = attributes["gen_ai.operation.name"]
        span = tracer.start_span(
            _clean(f"{operation} {measured.model or capture.request.method}"),
            kind=SpanKind.CLIENT,
            start_time=started_ns,
            attributes=attributes,
        )
        last_s = 0.0
        for name, t_s in measured.milestones.named()[1:]:
            if t_s is not None:
                last_s = max(last_s, t_s)
                span.add_event(name, timestamp=_moment_ns(started_ns, t_s))
        if measured.error is not None or measured.end != "complete":
            span.set_status(
                StatusCode.ERROR, _clean(measured.error or measured.end or "interrupted")
            )
            span.set_attribute("error.type", _clean(measured.end or "interrupted"))
        span.end(_moment_ns(started_ns, last_s))
    provider.shutdown()
    if problems:
        raise ExportError(*problems)


def _attributes(capture: Capture, measured: Measurement) -> dict[str, Any]:
    request, response = capture.request, capture.response
    try:
        body = obj(parse(request_text(request)))
    except MessageError:
        body = {}
    try:
        host = urlsplit(request.url).hostname
    except ValueError:
        host = None
    found: dict[str, Any] = {
        "gen_ai.operation.name": "chat" if measured.protocol else "http",
        "gen_ai.provider.name": _PROVIDERS.get(measured.protocol or "", measured.protocol),
        "gen_ai.request.model": string(body.get("model")) or None,
        "gen_ai.response.model": measured.model,
        "gen_ai.usage.input_tokens": input_count(measured.usage),
        "http.request.method": request.method,
        "url.full": request.url,
        "server.address": host,
        "http.response.status_code": response.status if response else None,
        "ssetape.capture.id": capture.id,
        "ssetape.events": measured.events,
    }
    if measured.stop:
        found["gen_ai.response.finish_reasons"] = [_clean(measured.stop)]
    if measured.tokens and measured.tokens.reported:
        found["gen_ai.usage.output_tokens"] = measured.tokens.count
    if measured.milestones.first_event_s is not None:
        found["gen_ai.response.time_to_first_chunk"] = measured.milestones.first_event_s
    cleaned = {name: _clean(value) for name, value in found.items()}
    return {name: value for name, value in cleaned.items() if value is not None}


def _clean(value: Any) -> Any:
    """The value as Protocol Buffers can have it: integers of 64 bits, text that is UTF-8.

    The SDK would log any other, and leave out the span.
    """
    if type(value) is str:
        return value.encode("utf-8", "replace").decode()
    return bounds.integer(value) if type(value) is int else value


def _moment_ns(started_ns: int, t_s: float) -> int:
    """When something happened, in ns since 1970; never before that, as there is no sign."""
    return max(0, started_ns + int(t_s * 1e9))


def _with_hexadecimal_ids(value: Any) -> Any:
    """The value with ids in hexadecimal, as OTLP's JSON has them; Protocol Buffers use base64."""
    if isinstance(value, list):
        return [_with_hexadecimal_ids(item) for item in value]
    if isinstance(value, dict):
        return {
            name: b64decode(item).hex()
            if name in ("traceId", "spanId", "parentSpanId")
            else _with_hexadecimal_ids(item)
            for name, item in value.items()
        }
    return value
