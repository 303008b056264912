"""Every real stream there is goes through one real proxy, and is then replayed."""

import json
import random
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import brotli
import pytest
from proxies import TIMEOUT_S, Client, Exchange, Mitmdump, Origin
from shared_data import FOLDER

import ssetape
from ssetape.capture import Capture
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving
from ssetape.sse import EventStreamParser

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

REAL = FOLDER / "real"
ONE_READ_BYTES = 16 * 1024  # a chunk of this size comes in one piece over loopback

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="there is no ../shared/data/real beside the checkout"
)

Encode = Callable[[list[bytes]], Iterator[bytes]]


def gzipped(pieces: list[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(wbits=31)
    for piece in pieces:
        yield compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)
    yield compressor.flush()


def brotlied(pieces: list[bytes]) -> Iterator[bytes]:
    compressor = brotli.Compressor(quality=4)
    for piece in pieces:
        yield compressor.process(piece) + compressor.flush()
    yield compressor.finish()


def zstandard(pieces: list[bytes]) -> Iterator[bytes]:
    compressor = zstd.ZstdCompressor()
    for piece in pieces:
        yield compressor.compress(piece, zstd.ZstdCompressor.FLUSH_BLOCK)
    yield compressor.flush()


CODINGS: dict[str, Encode] = {"gzip": gzipped, "br": brotlied, "zstd": zstandard}


class Case(NamedTuple):
    """A body as it is served: which file, under which coding, in which chunks."""

    name: str
    coding: str
    body: bytes
    chunks: list[bytes]
    seen: threading.Semaphore
    url: str


def cut_anywhere(body: bytes, numbers: random.Random) -> list[bytes]:
    """The body in pieces, cut at random places: inside lines, and inside characters."""
    cuts = min(len(body) - 1, numbers.choice([0, 3, 20, 60]))
    places = [*range(0, len(body), ONE_READ_BYTES), len(body)]
    places += numbers.sample(range(1, len(body)), max(0, cuts))
    # And, where there is a character of several bytes, inside the first.
    places += [place for place, byte in enumerate(body) if byte >= 0x80][1:2]
    return [body[start:end] for start, end in pairwise(sorted(set(places)))]


def handler_for(
    coding: str, chunks: list[bytes], seen: threading.Semaphore
) -> Callable[[Exchange], None]:
    """Sends a chunk when the client has had the one before.

    Where more is on its way than mitmproxy reads at once, it gives a chunk that it has read
    the half of as two.
    """
    fields = [f"Content-Encoding: {coding}"] if coding else []

    def handler(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/event-stream", *fields)
        for chunk in chunks:
            exchange.chunk(chunk)
            assert seen.acquire(timeout=TIMEOUT_S)
        exchange.end()

    return handler


@pytest.fixture(scope="module")
def cases(origin: Origin) -> list[Case]:
    made = []
    index = json.loads((REAL / "INDEX.json").read_bytes())
    for number, entry in enumerate(index):
        body = (REAL / entry["file"]).read_bytes()
        numbers = random.Random(entry["file"])
        codings = [""]
        if number % 5 == 0:
            codings.append(list(CODINGS)[number // 5 % len(CODINGS)])
        for coding in codings:
            chunks = cut_anywhere(body, numbers)
            if coding:
                chunks = [piece for piece in CODINGS[coding](chunks) if piece]
            seen = threading.Semaphore(0)
            handler = handler_for(coding, chunks, seen)
            url = origin.serve(handler, f"{entry['file']}-{coding}")
            made.append(Case(entry["file"], coding, body, chunks, seen, url))
    assert {case.coding for case in made} == {"", *CODINGS}
    return made


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


@pytest.fixture(scope="module")
def recorded(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> list[Capture]:
    """The captures of all cases, in their order, made by one proxy."""
    folder = tmp_path_factory.mktemp("real")

    def fetch(case: Case) -> list[bytes]:
        with Client(proxy.port, case.url) as client:
            client.head()
            received = []
            for chunk in client.chunks():
                received.append(chunk)
                case.seen.release()
            return received

    with (
        Mitmdump(tmp_path_factory.mktemp("mitmproxy"), folder / "tapes") as proxy,
        ThreadPoolExecutor(4) as pool,
    ):
        assert proxy.port
        for case, chunks in zip(cases, pool.map(fetch, cases), strict=True):
            assert chunks == case.chunks, f"{case.name} {case.coding}: not what was sent"
    captures = {
        capture.request.url: capture
        for capture in map(ssetape.open, Path(folder / "tapes").glob("*.ssetape"))
    }
    return [captures[case.url] for case in cases]


def test_every_stream_is_recorded_with_all_bytes_and_borders(
    cases: list[Case], recorded: list[Capture]
) -> None:
    for case, capture in zip(cases, recorded, strict=True):
        label = f"{case.name} {case.coding}"
        assert [chunk.data for chunk in capture.chunks()] == case.chunks, label
        assert not capture.problems, label
        assert capture.end is not None, label
        assert capture.end.reason == "complete", label
        assert (capture.end.chunks, capture.end.size_bytes) == (
            len(case.chunks),
            len(b"".join(case.chunks)),
        ), label


def test_the_events_of_a_capture_are_those_of_the_body(
    cases: list[Case], recorded: list[Capture]
) -> None:
    total = 0
    for case, capture in zip(cases, recorded, strict=True):
        expected = EventStreamParser().feed(case.body)
        events = list(capture.events())
        assert [(e.event, e.data, e.id) for e in events] == [
            (e.event, e.data, e.id) for e in expected
        ], f"{case.name} {case.coding}"
        times_s = [event.t_s for event in events]
        assert times_s == sorted(times_s)
        total += len(events)
    assert total > 1000


def test_every_capture_replays_with_all_bytes_and_borders(
    cases: list[Case], recorded: list[Capture]
) -> None:
    with serving(recorded, Pace(instant=True)) as url:
        port = int(url.rpartition(":")[2])

        def replay(case: Case) -> list[bytes]:
            with Client(port, case.url, direct=True) as client:
                assert client.head() == 200
                return list(client.chunks())

        with ThreadPoolExecutor(4) as pool:
            for case, chunks in zip(cases, pool.map(replay, cases), strict=True):
                assert chunks == case.chunks, f"{case.name} {case.coding}"
