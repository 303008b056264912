"""Writes Bedrock's InvokeModelWithResponseStream, with the events of Anthropic's models."""

from base64 import b64encode
from typing import Any

from ssetape.loose_json import dumped
from ssetape.messages.aws import exception_frame, frame
from ssetape.protocols.writing import anthropic

_VERSION = "bedrock-2023-05-31"


class Writer(anthropic.Writer):
    """Puts each event into a frame, and an error into an exception."""

    URL = (
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/{model}/invoke-with-response-stream"
    )
    HEADERS = (("content-type", "application/vnd.amazon.eventstream"),)
    MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        asked = super().request(model, prompt)
        kept = {name: asked[name] for name in ("max_tokens", "messages")}
        return {"anthropic_version": _VERSION, **kept}

    def say(self, value: Any, name: str = "") -> bytes:
        if name == "error":
            message = {"message": value["error"]["message"]}
            return exception_frame("modelStreamErrorException", dumped(message))
        return frame("chunk", dumped({"bytes": b64encode(dumped(value)).decode()}))
