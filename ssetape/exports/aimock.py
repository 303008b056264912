"""Fixtures for aimock, which generates the answer again in the protocol of the request.

https://aimock.copilotkit.dev/fixtures
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, BinaryIO

import orjson

from ssetape.capture import Capture
from ssetape.errors import ExportError, SsetapeError
from ssetape.facts import Text
from ssetape.meaning.answer import AnswerDraft
from ssetape.meaning.question import asked
from ssetape.meaning.reading import Meaning

SUFFIX = ".json"
SEVERAL = True
LOSES = "bytes, events, chunk boundaries, ids, parts; the rhythm is reduced to averages"
SUMMARY = "Fixtures for aimock: the answer's text and tool calls, with their pauses."

_COUNTS = (
    *("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens"),
    *("promptTokenCount", "candidatesTokenCount", "totalTokenCount"),
)


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write a file of fixtures, one per capture.

    Raises:
        ExportError: a capture is damaged, has no answer, or its protocol is unknown; the file has
            the fixtures of the others, if there are any.
    """
    fixtures: list[dict[str, Any]] = []
    problems: list[str] = []
    for capture in captures:
        try:
            fixtures.append(_fixture(capture))
        except SsetapeError as error:
            problems.append(str(error))
    if problems and not fixtures:
        raise ExportError(*problems)
    out.write(orjson.dumps({"fixtures": fixtures}, option=orjson.OPT_INDENT_2) + b"\n")
    if problems:
        raise ExportError(*problems)


def _fixture(capture: Capture) -> dict[str, Any]:
    meaning, draft = Meaning.of(capture), AnswerDraft()
    times_s: list[float] = []
    for message, facts in meaning.read(capture.records()):
        for fact in facts:
            draft.add(fact)
            if isinstance(fact, Text) and fact.text:
                times_s.append(message.t_s)
    answer = draft.finished(meaning.protocol, meaning.problems)
    response: dict[str, Any] = {}
    if answer.text or (not answer.tool_calls and answer.done is not None):
        response["content"] = answer.text
    if answer.tool_calls:
        response["toolCalls"] = [
            {"id": call.id, "name": call.name, "arguments": call.arguments or "{}"}
            if call.id
            else {"name": call.name, "arguments": call.arguments or "{}"}
            for call in answer.tool_calls
        ]
    if not response and answer.error is not None:
        response = {"error": {"message": answer.error}, "status": 500}
    elif not response:
        protocol = meaning.protocol or "unknown protocol"
        raise ExportError(
            f"{capture.name}: it has no answer ({protocol}); `--format msw` keeps its bytes"
        )
    else:
        response |= _further(answer.reasoning, answer.model, answer.usage)
    fixture: dict[str, Any] = {"match": _match(capture, answer.model), "response": response}
    if times_s:
        fixture["recordedTimings"] = {
            "ttftMs": _ms(times_s[0]),
            "interChunkDelaysMs": [_ms(after - before) for before, after in pairwise(times_s)],
            "totalDurationMs": _ms(times_s[-1]),
        }
    return fixture


def _further(reasoning: str, model: str | None, usage: dict[str, Any]) -> dict[str, Any]:
    further: dict[str, Any] = {}
    if reasoning:
        further["reasoning"] = reasoning
    if model:
        further["model"] = model
    counts = {name: usage[name] for name in _COUNTS if type(usage.get(name)) is int}
    if counts:
        further["usage"] = counts
    return further


def _match(capture: Capture, model: str | None) -> dict[str, str]:
    said = [text for role, text in asked(capture.request) if role == "user"]
    if said:
        return {"userMessage": said[-1]}
    return {"model": model} if model else {}


def _ms(t_s: float) -> int:
    return round(t_s * 1000)
