"""Refuses requests, and changes response heads. Pure."""

from dataclasses import dataclass, replace
from typing import ClassVar

from ssetape.format.values import Response

from .fault import Fault, Refusal, Run, need_at_least


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
        message = f"request {run.number} is refused on purpose with {self.status}"
        return Refusal(self.status, message, self.retry_after_s)


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
