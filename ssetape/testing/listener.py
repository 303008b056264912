"""Keeps the requests to a replay as they arrive, from any thread."""

import orjson

from ssetape.replay import answerer, exchange

from .requested import Miss, Requested

# How many requests to keep, with their bodies; the oldest are dropped first.
_REMEMBERED = 10_000


class Listening:
    """A listener of an `Answerer`.

    Attributes:
        requests: all requests, except those for the server's own pages.
        misses: the requests that no capture answered.
    """

    def __init__(self) -> None:
        self.requests: list[Requested] = []  # copying a list is atomic between threads
        self.misses: list[Miss] = []

    def __call__(self, asked: exchange.ClientRequest, answer: exchange.Play | exchange.Say) -> None:
        if asked.target.startswith(answerer.OWN_PATH):
            return
        capture = answer.capture.path if isinstance(answer, exchange.Play) else None
        self.requests.append(
            Requested.of(asked.method, asked.target, asked.headers, asked.body, capture, answer.log)
        )
        del self.requests[:-_REMEMBERED]
        if isinstance(answer, exchange.Say) and (nearest := _nearest(answer)) is not None:
            self.misses.append(Miss(f"{asked.method} {asked.target}", nearest, asked.body))

    def forget(self) -> None:
        """Forget all requests and misses."""
        self.requests.clear()
        self.misses.clear()


def _nearest(answer: exchange.Say) -> list[dict[str, object]] | None:
    """The nearest captures that a miss names; None if the answer is not a miss."""
    if answer.status != 404:
        return None
    said = orjson.loads(answer.body)
    is_miss = said.get("error", {}).get("type") == "ssetape_miss"
    return list(said["nearest"]) if is_miss else None
