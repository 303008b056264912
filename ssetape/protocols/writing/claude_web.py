"""Writes the stream of Claude's own page: Anthropic's events, and what is left of a limit."""

from collections.abc import Iterator
from typing import Any

from ssetape.protocols.writing import anthropic


class Writer(anthropic.Writer):
    """Writes the events of the API, after the limit."""

    URL = "https://claude.ai/api/organizations/org/chat_conversations/chat/completion"

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"prompt": prompt, "model": model, "timezone": "UTC"}

    def begin(self) -> Iterator[bytes]:
        limit = {"type": "message_limit", "message_limit": {"type": "within_limit"}}
        yield self.say(limit, "message_limit")
        yield from super().begin()
