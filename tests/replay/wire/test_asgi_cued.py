import asyncio
from collections.abc import Callable

import pytest

from ssetape.capture import Capture
from ssetape.replay import body_framing
from ssetape.replay.exchange import Play
from ssetape.replay.pacing import Pace
from ssetape.replay.pieces import Abort
from ssetape.replay.sessions.cued import Cued, CuedPieces
from ssetape.replay.sessions.cues import Cue
from ssetape.replay.sessions.runs import Asked, Run
from ssetape.replay.timer import now_ns
from ssetape.replay.wire import asgi_cued
from ssetape.replay.wire.asgi_cued import until_due

Open = Callable[..., Capture]


def waiting(capture: Open, asked_ns: int) -> tuple[CuedPieces, Run]:
    found = capture([(3.0, b"data: one\n\n")])
    run = Run(1, "")
    cued = Cued(run, (Cue(1, 2.0),), {}, {1: "POST /1"})
    pace = Pace(instant=True)
    answer = Play(found, found.response, pace, lambda how, play: play(found.parts()), "", cued)
    head, _ = body_framing.bare_head(found.response)
    pieces = CuedPieces(answer, cued, head, b"", asked_ns)
    next(pieces)
    return pieces, run


def test_it_waits_until_the_request_comes(capture: Open) -> None:
    async def main() -> None:
        asked_ns = now_ns()
        pieces, run = waiting(capture, asked_ns)
        waiter = asyncio.ensure_future(
            until_due(pieces, next(pieces), asked_ns, lambda requests: False)
        )
        for _ in range(10):
            await asyncio.sleep(0)
        assert not waiter.done()
        run.note(1, Asked(now_ns(), None))
        assert await waiter == b"data: one\n\n"

    asyncio.run(main())


def test_it_is_told_what_does_not_come(capture: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        told: list[list[str]] = []

        def give_up(requests: list[str]) -> bool:
            told.append(requests)
            return True

        asked_ns = now_ns()
        pieces, _ = waiting(capture, asked_ns)
        assert await until_due(pieces, next(pieces), asked_ns, give_up) is Abort.CLOSE
        assert told == [["POST /1"]]

    monkeypatch.setattr(asgi_cued, "PATIENCE_NS", 1_000_000)
    asyncio.run(main())
