"""Errors as the provider of a capture words them, so that its SDKs and gateways read them. Pure.

OpenAI: https://platform.openai.com/docs/guides/error-codes
Anthropic: https://docs.anthropic.com/en/api/errors
Gemini: https://ai.google.dev/gemini-api/docs/troubleshooting, in the shape of
https://google.aip.dev/193
Bedrock: https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
Ollama: https://github.com/ollama/ollama/pull/4144 (503 once its queue is full)

Other protocols get Anthropic's shape, which contains that of OpenAI's.
"""

import math
from enum import Enum
from typing import NamedTuple

import orjson

from ssetape.format.values import Headers


class Refused(Enum):
    """Why a provider refuses a request that is well-formed."""

    RATE = "rate"  # this client asks for too much
    OVERLOAD = "overload"  # all clients together do


class ProviderError(NamedTuple):
    """An error response."""

    status: int
    headers: Headers
    body: bytes


class _Provider(Enum):
    OPENAI = "OpenAI"
    ANTHROPIC = "Anthropic"
    GEMINI = "Gemini"
    BEDROCK = "Bedrock"
    OLLAMA = "Ollama"
    OTHER = "other"


_PROVIDERS = {
    "anthropic": _Provider.ANTHROPIC,
    "bedrock-converse": _Provider.BEDROCK,
    "bedrock-invoke": _Provider.BEDROCK,
    "gemini": _Provider.GEMINI,
    "gemini-interactions": _Provider.GEMINI,
    "ollama": _Provider.OLLAMA,
    "openai-assistants": _Provider.OPENAI,
    "openai-chat": _Provider.OPENAI,
    "openai-responses": _Provider.OPENAI,
    "openai-transcription": _Provider.OPENAI,
}
_RATE_STATUS = 429
_OVERLOAD_STATUS = {_Provider.ANTHROPIC: 529}
# With a Retry-After. Gemini says it in the body.
_SAY_WHEN = (_Provider.OPENAI, _Provider.ANTHROPIC, _Provider.OTHER)

# By status, the type and code of OpenAI's errors.
_OPENAI: dict[int, tuple[str, str | None]] = {
    401: ("invalid_request_error", "invalid_api_key"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("service_unavailable_error", "server_is_overloaded"),
}
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_GEMINI = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_BEDROCK = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}


def refused(
    protocol: str | None, why: Refused, message: str, retry_after_s: float
) -> ProviderError:
    """The refusal of a request that is well-formed, by the provider of a protocol.

    Args:
        retry_after_s: what it says of when to come again, if it says that.
    """
    provider = _provider(protocol)
    status = _OVERLOAD_STATUS.get(provider, 503) if why is Refused.OVERLOAD else _RATE_STATUS
    if provider is _Provider.OLLAMA:  # it has no rates
        status = 503
    said = error(protocol, status, message, retry_after_s)
    when = retry_headers(retry_after_s) if provider in _SAY_WHEN else []
    return said._replace(headers=[*said.headers, *when])


def error(
    protocol: str | None, status: int, message: str, retry_after_s: float | None = None
) -> ProviderError:
    """An error with a status, in the shape of the provider of a protocol."""
    provider = _provider(protocol)
    headers = [("content-type", "application/json")]
    body: dict[str, object]
    match provider:
        case _Provider.OPENAI:
            fallback = ("server_error" if status >= 500 else "invalid_request_error"), None
            kind, code = _OPENAI.get(status, fallback)
            body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
        case _Provider.GEMINI:
            name = _GEMINI.get(status, "UNKNOWN")
            fields: dict[str, object] = {"code": status, "message": message, "status": name}
            if retry_after_s is not None:
                info = "type.googleapis.com/google.rpc.RetryInfo"
                fields["details"] = [{"@type": info, "retryDelay": f"{retry_after_s:g}s"}]
            body = {"error": fields}
        case _Provider.BEDROCK:
            headers.append(("x-amzn-errortype", _BEDROCK.get(status, "InternalServerException")))
            body = {"message": message}
        case _Provider.OLLAMA:
            body = {"error": message}
        case _:
            kind = _ANTHROPIC.get(status, "api_error")
            body = {"type": "error", "error": {"type": kind, "message": message}}
    return ProviderError(status, headers, orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE))


def retry_headers(retry_after_s: float) -> Headers:
    """The headers that say when to come again."""
    headers = [("retry-after", str(math.ceil(retry_after_s)))]
    if retry_after_s % 1:  # RFC 9110 has no fractions; SDKs read this header
        headers.insert(0, ("retry-after-ms", f"{retry_after_s * 1000:.0f}"))
    return headers


def _provider(protocol: str | None) -> _Provider:
    return _PROVIDERS.get(protocol or "", _Provider.OTHER)
