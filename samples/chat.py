"""The sample chat system, as data: who is signed in, the conversations, and how it answers."""

import itertools
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any, Literal

from .streams import Stream, paced

Encoding = Literal["full", "delta"]

SESSION = {
    "user": {"id": "user-sample", "name": "Sam Sample", "email": "sam@example.com"},
    "expires": "2099-12-31T23:59:59.000Z",
    "accessToken": "sample-access-token",
}
SESSION_COOKIE = "sample-session=sample-session-token; Path=/; HttpOnly; SameSite=Lax"

MODELS = {
    "models": [
        {"slug": "reel-1", "title": "Reel 1", "max_tokens": 8192},
        {"slug": "reel-1-mini", "title": "Reel 1 mini", "max_tokens": 4096},
    ]
}

_DIALOGUES: dict[str, tuple[str, ...]] = {  # title: user and assistant in turn
    "Why does tea cool faster with a spoon in it?": (
        "Why does tea cool faster with a spoon in it?",
        "The spoon is a little radiator: metal carries heat up from the tea to the air.",
        "So a wooden spoon would not help?",
        "Hardly. Wood carries heat some thousand times worse than silver does.",
    ),
    "A name for a lighthouse cat": (
        "I need a name for a lighthouse cat.",
        "Fresnel — after the lens, and because it, too, turns slowly and sees everything.",
    ),
    "Packing list, three days of rain": (
        "What do I pack for three days of rain?",
        "Wool socks, a good jacket, a dry bag, a paperback, and no umbrella: it is windy.",
    ),
    "Café sign in two languages": (
        "A sign for our café, French and English, please.",
        "« Entrez, il pleut des croissants » — “Come in, it is raining croissants.” 🥐",
    ),
    "Metronome for a slow waltz": (
        "What is a good tempo for a slow waltz?",
        "Between 84 and 90 beats a minute: slow enough to turn, quick enough not to fall over.",
    ),
}


def _id(*names: object) -> str:
    """An id that is the same for the same names on every run, so that recordings are comparable."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, ("sample", *names)))))


def _items() -> Iterator[dict[str, str]]:
    for day, title in enumerate(_DIALOGUES, start=1):
        created = f"2026-01-{day:02}T09:30:00.000000Z"
        yield {
            "id": _id(title),
            "title": title,
            "create_time": created,
            "update_time": created,
        }


CONVERSATIONS = tuple(_items())


def conversation_list(offset: int, limit: int) -> dict[str, Any]:
    """A page of the conversations."""
    return {
        "items": CONVERSATIONS[offset : offset + limit],
        "total": len(CONVERSATIONS),
        "limit": limit,
        "offset": offset,
    }


def conversation_detail(conversation_id: str) -> dict[str, Any] | None:
    """A conversation with its messages, each knowing its parent and children; None if unknown."""
    item = next((item for item in CONVERSATIONS if item["id"] == conversation_id), None)
    if item is None:
        return None
    texts = _DIALOGUES[item["title"]]
    ids = [_id(item["title"], n) for n in range(len(texts))]
    mapping = {
        message_id: {
            "id": message_id,
            "parent": ids[n - 1] if n else None,
            "children": ids[n + 1 : n + 2],
            "message": _message(message_id, ("user", "assistant")[n % 2], text, done=True),
        }
        for n, (message_id, text) in enumerate(zip(ids, texts, strict=True))
    }
    return {**item, "mapping": mapping, "current_node": ids[-1]}


def _message(message_id: str, role: str, text: str, *, done: bool) -> dict[str, Any]:
    return {
        "id": message_id,
        "author": {"role": role},
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully" if done else "in_progress",
        "end_turn": True if done else None,
    }


_HEAD_MS = 300
_TOKEN_GAPS_MS = (20, 75, 35, 120, 25, 55, 20, 50)
_QUOTE_CHARACTERS = 60


def answer_tokens(message: str) -> list[str]:
    """The answer to a message, cut where a tokenizer might cut it."""
    quote = " ".join(message.split())
    if len(quote) > _QUOTE_CHARACTERS:
        quote = quote[: _QUOTE_CHARACTERS - 1] + "…"
    text = (
        f"You wrote “{quote}”. Here is an answer from the café — "
        "every word at its own moment, as it should be. 🎬"
    )
    return re.findall(r"\s*(?:\w+|[^\w\s]+)", text)


def answer(message: str, model: str, encoding: Encoding) -> Stream:
    """The stream that answers a message: the same bytes at the same moments every time."""
    # JSON may contain half a surrogate pair, which UTF-8 cannot encode.
    message, model = (text.encode(errors="replace").decode() for text in (message, model))
    events = {"full": _snapshots, "delta": _deltas}[encoding](message, model)
    return paced(_HEAD_MS, *zip(itertools.cycle(_TOKEN_GAPS_MS), events))


def _answer_root(message: str, model: str, text: str, *, done: bool) -> dict[str, Any]:
    reply = _message(_id(message, model, "answer"), "assistant", text, done=done)
    reply["metadata"] = {"model_slug": model}
    return {"message": reply, "conversation_id": _id(message), "error": None}


def _event(data: Any, event: str = "", *, ascii_only: bool = False) -> bytes:
    field = f"event: {event}\n" if event else ""
    return f"{field}data: {json.dumps(data, ensure_ascii=ascii_only)}\n\n".encode()


def _snapshots(message: str, model: str) -> Iterator[bytes]:
    """Full form: every event repeats the whole text so far, in plain UTF-8."""
    tokens = answer_tokens(message)
    for text in itertools.accumulate(tokens, initial=""):
        yield _event(_answer_root(message, model, text, done=False))
    yield _event(_answer_root(message, model, "".join(tokens), done=True))
    yield b"data: [DONE]\n\n"


def _deltas(message: str, model: str) -> Iterator[bytes]:
    """Delta form, v1: patches to one tree, with everything beyond ASCII escaped.

    A delta without `p` or `o` repeats those of the one before it.
    """
    first, *tokens, last = answer_tokens(message)
    parts = "/message/content/parts/0"
    root = _answer_root(message, model, "", done=False)
    patch = [
        {"p": parts, "o": "append", "v": last},
        {"p": "/message/status", "o": "replace", "v": "finished_successfully"},
        {"p": "/message/end_turn", "o": "replace", "v": True},
        {
            "p": "/message/metadata",
            "o": "append",
            "v": {"finish_details": {"type": "stop"}, "is_complete": True},
        },
    ]
    yield _event("v1", "delta_encoding")
    for delta in (
        {"p": "", "o": "add", "v": root, "c": 0},
        {"p": parts, "o": "append", "v": first},
        *({"v": token} for token in tokens),
        {"p": "", "o": "patch", "v": patch},
    ):
        yield _event(delta, "delta", ascii_only=True)
    complete = {"type": "message_stream_complete", "conversation_id": root["conversation_id"]}
    yield _event(complete)
    yield b"data: [DONE]\n\n"
