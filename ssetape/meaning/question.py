"""Reads the messages in a request, whatever its API. Pure."""

from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
from ssetape.format.values import Request
from ssetape.loose_json import items, obj, objects, parse, string
from ssetape.requests.content import content_of, request_text


def asked(request: Request) -> list[tuple[str, str]]:
    """The messages in a request's body, as (role, text) in order; [] if none are found.

    Reads `messages` (OpenAI Chat, Anthropic, Ollama, Cohere, ChatGPT's page, Vercel, AG-UI),
    `additional_messages` (Coze), `input` (OpenAI Responses; DashScope, LangGraph and LangServe have
    messages in it), `instructions`, `contents` (Gemini), `system`, the message of JSON-RPC (A2A),
    and the one question of many APIs: `prompt`, `message`, `query` (Dify), `inputs` (TGI),
    `text_input` (Triton), `input_value` (Langflow).
    """
    try:
        body = parse(request_text(request))
    except MessageError:
        content = content_of(request.headers, request.body or b"")  # a form, or parts
        body = content.value
    found = [*_before(obj(body)), *_messages(obj(body))]
    return [(role, text) for role, text in found if text]


_ROLES = {"ai": "assistant", "system": "system", "tool": "tool", "BOT": "assistant"}
_CONTENTS = ("content", "parts", "text")


def _before(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("system", "instructions", "systemInstruction", "system_instruction"):
        yield "system", _text(body.get(name))


def _messages(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("messages", "additional_messages", "input", "contents"):
        value = body.get(name)
        if type(value) is str:
            yield "user", value
        for message in objects(value):
            yield _message(message)
    if inner := obj(body.get("input")):
        yield from _messages(inner)
    if message := obj(obj(body.get("params")).get("message")):
        yield _message(message)
    yield "user", _text(body.get("prompt"))
    for name in ("message", "query", "inputs", "text_input", "input_value"):
        yield "user", string(body.get(name))


def _message(message: dict[str, Any]) -> tuple[str, str]:
    author = string(obj(message.get("author")).get("role"))
    role = string(message.get("role")) or author
    if not role:  # LangChain's and MiniMax's words
        role = _ROLES.get(string(message.get("type")) or string(message.get("sender_type")), "user")
    content = next((message[key] for key in _CONTENTS if key in message), None)
    return role, _text(content)


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
