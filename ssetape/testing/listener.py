"""Writes down what a replay is asked, as it is asked; it may come from any thread."""

import orjson

from ssetape.replay import answerer, exchange

from .requested import Miss, Requested

# Requests that are remembered, with their bodies; the oldest goes first.
_REMEMBERED = 10_000


class Listening:
    """A listener of an `Answerer`.

    Attributes:
        requests: what was asked, but for the pages of the server itself.
        misses: those of them that no capture answered.
    """

    def __init__(self) -> None:
        self.requests: list[Requested] = []  # lists are copied in one step, also between threads
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
            self.misses.append(Miss(f"{asked.method} {asked.target}", nearest))

    def forget(self) -> None:
        """Forget all of it."""
        self.requests.clear()
        self.misses.clear()


def _nearest(answer: exchange.Say) -> list[dict[str, object]] | None:
    """The captures that a miss names; None if it is none."""
    if answer.status != 404:
        return None
    said = orjson.loads(answer.body)
    is_miss = said.get("error", {}).get("type") == "ssetape_miss"
    return list(said["nearest"]) if is_miss else None
