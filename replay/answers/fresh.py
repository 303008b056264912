"""Which ids and times of an answer are its own, by protocol; and new ones of the same length. Pure.

The id is that of the answer as a whole. Ids within it, such as those of tool calls, tie its parts
together, and stay.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Own:
    """What of an answer is its own.

    Attributes:
        ids: where an id is in a message's JSON: keys, separated by dots.
        times: keys whose values are times, wherever they are.
    """

    ids: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


OWN: dict[str, Own] = {
    "anthropic": Own(ids=("message.id", "id")),
    "baidu": Own(ids=("id",), times=("created",)),
    "cohere": Own(ids=("id",)),
    "cohere-v1": Own(ids=("generation_id", "response.response_id", "response.generation_id")),
    "dashscope": Own(ids=("request_id",)),
    "dify": Own(ids=("message_id", "task_id"), times=("created_at",)),
    "gemini": Own(ids=("responseId", "response.responseId"), times=("createTime",)),
    "minimax": Own(ids=("id",), times=("created",)),
    "ollama": Own(times=("created_at",)),
    "openai-chat": Own(ids=("id",), times=("created",)),
    "openai-responses": Own(ids=("response.id", "id"), times=("created_at", "completed_at")),
    "vercel-ui": Own(ids=("messageId",)),
}
# Headers that name the one request.
ID_HEADERS = frozenset({"request-id", "x-request-id"})

# A shorter value might mean something else where it occurs again.
_SHORTEST = 8
_PREFIX = re.compile("(?:[A-Za-z]+[-_])*")
_HEX = re.compile("[0-9a-f-]*")
_DIGITS, _HEX_DIGITS = "0123456789", "0123456789abcdef"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Milliseconds since 1970 have more digits than seconds.
_MS_DIGITS = 13
_ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_SECONDS = len("2026-11-23T09:30:12")


def ids_in(messages: Iterable[Any], own: Own) -> list[str]:
    """The ids in messages that are the answer's own."""
    found = (_at(message, path) for message in messages for path in own.ids)
    return list(dict.fromkeys(each for each in found if len(each) >= _SHORTEST))


def _at(message: Any, path: str) -> str:
    for key in path.split("."):
        message = message.get(key) if isinstance(message, dict) else None
    return message if isinstance(message, str) else ""


def like(text: str, random: bytes) -> str:
    """An id like another one: as long, with its prefix and the same kinds of characters.

    Args:
        random: a random byte for each character.
    """
    prefix = _PREFIX.match(text)
    kept = prefix.end() if prefix is not None else 0
    is_hex = _HEX.fullmatch(text, kept) is not None
    changed = (_like(char, byte, is_hex) for char, byte in zip(text[kept:], random, strict=False))
    return text[:kept] + "".join(changed)


def _like(char: str, byte: int, is_hex: bool) -> str:
    if not (char.isascii() and char.isalnum()):
        return char
    if is_hex:
        return _HEX_DIGITS[byte % 16]
    if char.isdigit():
        return _DIGITS[byte % 10]
    letter = _LETTERS[byte % 26]
    return letter.upper() if char.isupper() else letter


def seconds_of(value: str) -> float | None:
    """The seconds since 1970 of a JSON value, as it is spelled; None if it is no time."""
    if value.startswith('"'):
        found = _ISO.fullmatch(value.strip('"'))
        if found is None:
            return None
        try:
            return datetime.fromisoformat(found[1] + (found[3] or "Z")).timestamp()
        except (ValueError, OverflowError):
            return None
    whole = value.partition(".")[0]
    return int(whole) / (1000 if len(whole) >= _MS_DIGITS else 1)


def later(value: str, seconds: int) -> str:
    """A time in JSON, so many seconds later; unchanged if it would be longer or is no time."""
    if value.startswith('"'):
        if seconds_of(value) is None:
            return value
        try:
            moment = datetime.fromisoformat(value[1 : 1 + _SECONDS]) + timedelta(seconds=seconds)
        except OverflowError:
            return value
        return f'"{moment.isoformat(value[11])}{value[1 + _SECONDS :]}'
    whole, point, fraction = value.partition(".")
    changed = str(int(whole) + seconds * (1000 if len(whole) >= _MS_DIGITS else 1))
    return changed + point + fraction if len(changed) == len(whole) else value
