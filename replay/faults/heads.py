"""Refuses requests, and changes response heads. Pure."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from ssetape.format.values import Headers, Response

from .fault import Fault, Refusal, Run, need_at_least

# Anthropic's and OpenAI's names for these: https://docs.anthropic.com/en/api/errors
_KINDS = {
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    529: "overloaded_error",
}


@dataclass(frozen=True, slots=True)
class Refuse(Fault):
    """The request is answered with an error, optionally with a Retry-After."""

    name: ClassVar[str] = "refuse"

    status: int
    retry_after_s: float | None = None

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599:
            raise ValueError(f"status: expected 400 to 599, found {self.status}")
        need_at_least(0, retry_after_s=self.retry_after_s)

    def refusal(self, run: Run) -> Refusal:
        headers: Headers = [("content-type", "application/json")]
        if self.retry_after_s is not None:
            if self.retry_after_s % 1:  # RFC 9110 has no fractions; SDKs read this header
                headers.append(("retry-after-ms", f"{self.retry_after_s * 1000:.0f}"))
            headers.append(("retry-after", str(math.ceil(self.retry_after_s))))
        message = f"request {run.number} is refused on purpose with {self.status}"
        return Refusal(self.status, _KINDS.get(self.status, "api_error"), message, headers)


@dataclass(frozen=True, slots=True)
class ContentType(Fault):
    """The head has another Content-Type; without a value, it has none."""

    name: ClassVar[str] = "content-type"

    value: str = ""

    def __post_init__(self) -> None:
        if not self.value.isprintable() or not self.value.isascii():
            raise ValueError(f"value: expected printable ASCII, found {self.value!r}")

    def head(self, response: Response) -> Response:
        headers = [(n, v) for n, v in response.headers if n.lower() != "content-type"]
        if self.value:
            headers.append(("content-type", self.value))
        return replace(response, headers=headers)
