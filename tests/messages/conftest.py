"""What the tests of framings share: bodies framed whole, byte by byte, and cut at random."""

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from ssetape.format.values import Chunk
from ssetape.messages.message import StreamMessage


def _framed(framer: Any, pieces: list[bytes], headers: Any = ()) -> list[StreamMessage]:
    made = framer(list(headers))
    found = []
    for t_s, piece in enumerate(pieces):
        found += made.feed(Chunk(float(t_s), piece))
    return [*found, *made.end()]


@pytest.fixture(scope="session")
def framed() -> Callable[..., list[StreamMessage]]:
    """Frames pieces of a body, the nth of which came in second n."""
    return _framed


@pytest.fixture(scope="session")
def cut_anyhow() -> Callable[..., list[tuple[str, str]]]:
    """Frames a body whole and cut in many ways; gives name and data of what is found each time."""

    def frame(framer: Any, body: bytes) -> list[tuple[str, str]]:
        whole = [(m.name, m.data) for m in _framed(framer, [body])]
        draw = random.Random(0)
        cuts = [list(range(1, len(body)))]
        cuts += [sorted(draw.sample(range(len(body) + 1), min(len(body), 4))) for _ in range(20)]
        for places in cuts:
            bounds = [0, *places, len(body)]
            pieces = [body[a:b] for a, b in pairwise(bounds)]
            assert [(m.name, m.data) for m in _framed(framer, pieces)] == whole
        return whole

    return frame
