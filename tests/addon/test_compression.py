"""Compressed event streams through the real proxy: events have the times of plain ones."""

import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from proxies import EVENT_STREAM, Exchange, Handler, Mitmdump, Origin, fetch

from ssetape.capture import Capture
from ssetape.replay.pacing import Pace
from ssetape.replay.verify import verify

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

EVENTS = [b"id: %d\ndata: caf\xc3\xa9 %d %b\n\n" % (n, n, b"x" * n * 40) for n in range(6)]
# Each event is sent in two parts, the second of which completes it.
PARTS = [part for event in EVENTS for part in (event[:-3], event[-3:])]
GAP_S = 0.03
NOISE_S = 10.0  # of a busy machine

Encode = Callable[[], Callable[[bytes], bytes]]


def _deflate(window_bits: int) -> Callable[[bytes], bytes]:
    compressor = zlib.compressobj(wbits=window_bits)
    return lambda data: compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def _brotli() -> Callable[[bytes], bytes]:
    compressor = brotli.Compressor()
    return lambda data: bytes(compressor.process(data) + compressor.flush())


def _zstd() -> Callable[[bytes], bytes]:
    compressor = zstd.ZstdCompressor()
    return lambda data: bytes(compressor.compress(data, compressor.FLUSH_BLOCK))


ENCODERS: dict[str, Encode] = {
    "gzip": lambda: _deflate(31),
    "deflate": lambda: _deflate(15),
    "br": _brotli,
    "zstd": _zstd,
    "identity": lambda: bytes,
}
CODINGS = [name for name in ENCODERS if name != "identity"]


def answering(coding: str, chunks: list[bytes]) -> Handler:
    """Sends the parts at their moments, each encoded and flushed; notes what was sent."""

    def handler(exchange: Exchange) -> None:
        encode = ENCODERS[coding]()
        exchange.head(EVENT_STREAM, f"Content-Encoding: {coding}")
        for part in PARTS:
            time.sleep(GAP_S)
            chunks.append(encode(part))
            exchange.chunk(chunks[-1])
        exchange.end()

    return handler


@pytest.fixture(scope="module")
def recorded(mitmdump: Mitmdump, origin: Origin) -> dict[str, Capture]:
    """A capture for each coding, of the same events at the same moments."""
    sent: dict[str, list[bytes]] = {coding: [] for coding in ENCODERS}
    urls = {coding: origin.serve(answering(coding, sent[coding]), coding) for coding in ENCODERS}
    port = mitmdump.port
    with ThreadPoolExecutor(len(urls)) as pool:
        received = dict(
            zip(urls, pool.map(lambda url: fetch(port, url), urls.values()), strict=True)
        )
    captures = {coding: mitmdump.capture(url) for coding, url in urls.items()}
    for coding, capture in captures.items():
        assert received[coding] == sent[coding]
        assert [chunk.data for chunk in capture.chunks()] == sent[coding]
    return captures


@pytest.mark.parametrize("coding", ENCODERS)
def test_an_event_has_the_times_of_the_chunks_that_began_and_completed_it(
    coding: str, recorded: dict[str, Capture]
) -> None:
    times_s = [chunk.t_s for chunk in recorded[coding].chunks()]
    events = list(recorded[coding].events())
    assert [(event.t_first_s, event.t_s) for event in events] == list(
        zip(times_s[::2], times_s[1::2], strict=True)
    )


@pytest.mark.parametrize("coding", CODINGS)
def test_events_are_those_of_the_plain_stream_and_not_later(
    coding: str, recorded: dict[str, Capture]
) -> None:
    plain, events = list(recorded["identity"].events()), list(recorded[coding].events())
    assert [event[2:] for event in events] == [event[2:] for event in plain]
    assert len(events) == len(EVENTS)
    for number, (event, twin) in enumerate(zip(events, plain, strict=True)):
        # Never before the server had sent it, and with it rather than at the end.
        earliest_s = (2 * number + 2) * GAP_S - 0.005
        assert earliest_s <= event.t_s < earliest_s + NOISE_S
        assert abs(event.t_s - twin.t_s) < NOISE_S


@pytest.mark.parametrize("coding", CODINGS)
def test_a_replay_sends_the_encoded_bytes_as_they_were(
    coding: str, recorded: dict[str, Capture]
) -> None:
    outcome = verify(recorded[coding], Pace(instant=True))
    assert outcome.differences == []
    assert outcome.bytes_equal
    assert outcome.boundaries_equal
    assert outcome.headers_equal
