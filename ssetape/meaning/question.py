"""Reads the messages in a request, whatever its API. Pure."""

from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
from ssetape.format.values import Request
from ssetape.loose_json import items, obj, objects, parse, string
from ssetape.requests.content import content_of, request_text


def asked(request: Request) -> list[tuple[str, str]]:
    """The messages in a request's body, as (role, text) in order; [] if none are found.

    Reads `messages` (OpenAI Chat, Anthropic, Ollama, Cohere, ChatGPT's page, Vercel), `input`
    and `instructions` (OpenAI Responses), `contents` (Gemini), `system`, `prompt`, and `message`
    (Cohere v1, many chat pages).
    """
    try:
        body = parse(request_text(request))
    except MessageError:
        content = content_of(request.headers, request.body or b"")  # a form, or parts
        body = content.value
    found = [*_before(obj(body)), *_messages(obj(body))]
    return [(role, text) for role, text in found if text]


def _before(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("system", "instructions", "systemInstruction", "system_instruction"):
        yield "system", _text(body.get(name))


def _messages(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("messages", "input", "contents"):
        value = body.get(name)
        if type(value) is str:
            yield "user", value
        for message in objects(value):
            role = string(message.get("role")) or string(obj(message.get("author")).get("role"))
            content = next((message[key] for key in ("content", "parts") if key in message), None)
            yield role or "user", _text(content)
    yield "user", _text(body.get("prompt"))
    yield "user", string(body.get("message"))


def _text(content: Any) -> str:
    """The text of a content value: a string, parts, or an object with either."""
    if type(content) is str:
        return content
    if type(content) is dict:
        return _text(content.get("text") or content.get("parts") or content.get("content"))
    pieces = (
        piece if type(piece) is str else string(obj(piece).get("text")) for piece in items(content)
    )
    return "".join(pieces)
