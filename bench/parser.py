"""How fast is the event-stream parser, against its Python peers?

    python bench/parser.py [--quick] [--json]

Method. Each cell is one kind of stream cut into chunks of one size; one of the sizes is the
event's own, as from servers that flush after each event. Every parser gets the same list of chunks
and yields its events; the loop around it reads the data of each, so that no parser wins by
deferring work. Peers are driven as their own libraries drive them from response bytes: httpx-sse
through an incremental text decoder like httpx's and its own line decoder, sseclient-py and the
OpenAI SDK through an iterator of chunks.

Before a cell is timed, each parser must find the number of events and the data length of the
input; one that does not is reported and left out of the cell. The input is long enough to keep the
slowest parser busy for a set time. Parsers then take turns (A B C D, A B C D, ...): the figures
are the median MB/s (10^6 bytes) and the median over the rounds of ssetape's speed divided by the
peer's in the same round. A ratio above 1 means that ssetape is faster; `*` marks the best peer.

The scaling check feeds single bytes, with events from 100 B to 1 MB: a parser that rescans the
bytes it holds takes longer per byte the longer the event is.
"""

import argparse
import codecs
import json
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from report import json_line, stop, table

# Parses chunks; returns the number of events and the total length of their data.
Parse = Callable[[Sequence[bytes]], tuple[int, int]]

TYPED = "event: and data:"
CHUNK_SIZES_BYTES: Sequence[int] = (1, 64, 256, 1400, 16 * 1024, 1024 * 1024)
QUICK_CHUNK_SIZES_BYTES: Sequence[int] = (1, 64, 1400, 16 * 1024)
EVENT_SIZES_BYTES: Sequence[int] = (100, 1_000, 10_000, 100_000, 1_000_000)
QUICK_EVENT_SIZES_BYTES: Sequence[int] = (100, 1_000, 10_000, 100_000)


class Stream(NamedTuple):
    """One kind of event stream, by its repeated event."""

    name: str
    block: bytes
    data_length: int

    def chunks(self, event_count: int, chunk_bytes: int) -> list[bytes]:
        body = self.block * event_count
        return [body[start : start + chunk_bytes] for start in range(0, len(body), chunk_bytes)]


def streams() -> list[Stream]:
    token = json.dumps(
        {
            "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "gpt-4o-mini-2024-07-18",
            "service_tier": "default",
            "system_fingerprint": "fp_0123456789",
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": " streaming"},
                    "logprobs": None,
                    "finish_reason": None,
                }
            ],
        },
        separators=(",", ":"),
    )
    delta = json.dumps(
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": " streaming"},
        },
        separators=(",", ":"),
    )
    large = "x" * 64 * 1024
    typed = f"event: content_block_delta\ndata: {delta}\n\n".encode()
    return [
        Stream("token-like", f"data: {token}\n\n".encode(), len(token)),
        Stream("tiny", b"data: x\n\n", 1),
        Stream("large", f"data: {large}\n\n".encode(), len(large)),
        Stream("token-like, CRLF", f"data: {token}\r\n\r\n".encode(), len(token)),
        Stream(TYPED, typed, len(delta)),
        Stream(f"{TYPED}, CRLF", typed.replace(b"\n", b"\r\n"), len(delta)),
    ]


def load_ssetape() -> Parse:
    from ssetape.sse import EventStreamParser

    def parse(chunks: Sequence[bytes]) -> tuple[int, int]:
        feed = EventStreamParser().feed
        count = length = 0
        for chunk in chunks:
            for event in feed(chunk):
                count += 1
                length += len(event.data)
        return count, length

    return parse


def load_httpx_sse() -> Parse:
    from httpx_sse._decoders import SSEDecoder, SSELineDecoder

    def parse(chunks: Sequence[bytes]) -> tuple[int, int]:
        # httpx.Response.iter_text(), then httpx_sse's _iter_sse_lines() and iter_sse().
        text_decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        line_decoder = SSELineDecoder()
        decoder = SSEDecoder()
        count = length = 0
        for chunk in chunks:
            text = text_decoder.decode(chunk)
            if not text:
                continue
            for line in line_decoder.decode(text):
                event = decoder.decode(line.rstrip("\n"))
                if event is not None:
                    count += 1
                    length += len(event.data)
        return count, length

    return parse


def load_sseclient_py() -> Parse:
    from sseclient import SSEClient

    def parse(chunks: Sequence[bytes]) -> tuple[int, int]:
        count = length = 0
        for event in SSEClient(iter(chunks)).events():
            count += 1
            length += len(event.data)
        return count, length

    return parse


def load_openai() -> Parse:
    from openai._streaming import SSEDecoder

    def parse(chunks: Sequence[bytes]) -> tuple[int, int]:
        count = length = 0
        for event in SSEDecoder().iter_bytes(iter(chunks)):
            count += 1
            length += len(event.data)
        return count, length

    return parse


PEERS: dict[str, Callable[[], Parse]] = {
    "httpx-sse": load_httpx_sse,
    "sseclient-py": load_sseclient_py,
    "openai": load_openai,
}


def load_parsers() -> dict[str, Parse]:
    """Every installed parser, ssetape's first."""
    try:
        parsers = {"ssetape": load_ssetape()}
    except ImportError as error:
        stop(f"parser.py: ssetape is not installed ({error}); try: uv run --group bench ...")
    for name, load in PEERS.items():
        try:
            parsers[name] = load()
        except ImportError as error:
            print(f"parser.py: left out, not installed: {name} ({error})", file=sys.stderr)
    if len(parsers) == 1:
        stop("parser.py: no peer to compare with is installed; try: uv run --group bench ...")
    return parsers


def seconds(parse: Parse, chunks: Sequence[bytes]) -> float:
    start = time.perf_counter()
    parse(chunks)
    return time.perf_counter() - start


class Cell(NamedTuple):
    """One kind of stream at one chunk size."""

    stream: str
    chunk_bytes: int
    chunk_is_event: bool
    mb_per_s: dict[str, float]
    ratio: dict[str, float]
    """Speed relative to each peer; above 1, ssetape is faster."""

    @property
    def best_peer(self) -> str:
        return min(self.ratio, key=self.ratio.__getitem__)

    def row(self, peers: Sequence[str]) -> dict[str, str]:
        row = {
            "stream": self.stream,
            "chunk": f"{self.chunk_bytes} B" + (" = event" if self.chunk_is_event else ""),
            "ssetape": f"{self.mb_per_s['ssetape']:.1f}",
        }
        for peer in peers:
            row[peer] = "-"
            if peer in self.ratio:
                mark = "*" if peer == self.best_peer else " "
                row[peer] = f"{self.mb_per_s[peer]:.1f} ({self.ratio[peer]:.2f}{mark})"
        return row


def measure(
    stream: Stream, chunk_bytes: int, parsers: dict[str, Parse], rounds: int, target_s: float
) -> Cell:
    # The probe measures the speed: at least two events, more than one chunk, and 4 kB.
    event_count = max(2, chunk_bytes // len(stream.block) + 2, 4_000 // len(stream.block))
    probe = stream.chunks(event_count, chunk_bytes)
    expected = (event_count, stream.data_length * event_count)
    agreeing = {}
    slowest_s = 0.0
    for name, parse in parsers.items():
        start = time.perf_counter()
        found = parse(probe)
        if found == expected:
            agreeing[name] = parse
            slowest_s = max(slowest_s, time.perf_counter() - start)
        else:
            print(
                f"parser.py: left out of {stream.name} at {chunk_bytes} B: {name}: (events, "
                f"data length) expected {expected}, found {found}",
                file=sys.stderr,
            )
    if "ssetape" not in agreeing:
        raise SystemExit(1)

    event_count = max(event_count, int(event_count * target_s / slowest_s))
    chunks = stream.chunks(event_count, chunk_bytes)
    times_s: dict[str, list[float]] = {name: [] for name in agreeing}
    for _ in range(rounds):
        for name, parse in agreeing.items():
            times_s[name].append(seconds(parse, chunks))
    megabytes = event_count * len(stream.block) / 1e6
    return Cell(
        stream.name,
        chunk_bytes,
        chunk_bytes == len(stream.block),
        {name: megabytes / median(times) for name, times in times_s.items()},
        {
            name: median(
                peer_s / own_s for peer_s, own_s in zip(times, times_s["ssetape"], strict=True)
            )
            for name, times in times_s.items()
            if name != "ssetape"
        },
    )


def scaling(
    parse: Parse, event_sizes_bytes: Sequence[int], rounds: int
) -> tuple[dict[int, float], float]:
    """Nanoseconds per byte for each event size, and the ratio of the last size to the first."""
    stream_bytes = 2 * event_sizes_bytes[-1]
    inputs = {
        size: Stream("", b"data: " + b"x" * (size - 8) + b"\n\n", size - 8).chunks(
            stream_bytes // size, chunk_bytes=1
        )
        for size in event_sizes_bytes
    }
    times_s: dict[int, list[float]] = {size: [] for size in inputs}
    for _ in range(rounds):
        for size, chunks in inputs.items():
            times_s[size].append(seconds(parse, chunks))
    first, last = times_s[event_sizes_bytes[0]], times_s[event_sizes_bytes[-1]]
    return (
        {size: median(times) / stream_bytes * 1e9 for size, times in times_s.items()},
        median(last_s / first_s for last_s, first_s in zip(last, first, strict=True)),
    )


def main() -> None:
    options = argparse.ArgumentParser(description="Parser throughput against Python peers.")
    options.add_argument("--quick", action="store_true", help="fewer rounds, under 20 seconds")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    rounds, target_s = 15, 0.03
    chunk_sizes_bytes, event_sizes_bytes = CHUNK_SIZES_BYTES, EVENT_SIZES_BYTES
    if arguments.quick:
        rounds, target_s = 3, 0.015
        chunk_sizes_bytes, event_sizes_bytes = QUICK_CHUNK_SIZES_BYTES, QUICK_EVENT_SIZES_BYTES

    parsers = load_parsers()
    cells = []
    for stream in streams():
        for chunk_bytes in sorted({*chunk_sizes_bytes, len(stream.block)}):
            cell = measure(stream, chunk_bytes, parsers, rounds, target_s)
            cells.append(cell)
            if arguments.json:
                json_line({**cell._asdict(), "best_peer": cell.best_peer})
    ns_per_byte, last_to_first = scaling(parsers["ssetape"], event_sizes_bytes, rounds=3)

    worst = min(
        (cell for cell in cells if cell.chunk_bytes >= 64),
        key=lambda cell: cell.ratio[cell.best_peer],
    )
    at_1400_b = {cell.stream: cell.ratio for cell in cells if cell.chunk_bytes == 1400}
    summary = {
        "worst ratio to the best peer at >= 64 B": worst.ratio[worst.best_peer],
        "ratio to httpx-sse, token-like at 1400 B": at_1400_b["token-like"].get("httpx-sse"),
        f"ratio to httpx-sse, {TYPED} at 1400 B": at_1400_b[TYPED].get("httpx-sse"),
        "ns a byte at 1 B chunks, largest events to smallest": last_to_first,
    }
    if arguments.json:
        json_line({"ns_per_byte_at_1_b_chunks": ns_per_byte})
        json_line({"summary": summary, "worst_cell": [worst.stream, worst.chunk_bytes]})
        return
    print("MB/s (ssetape's speed divided by the peer's; * marks the best peer)")
    print(table([cell.row([name for name in parsers if name != "ssetape"]) for cell in cells]))
    print()
    print(
        table(
            [
                {"event size at 1 B chunks": f"{size:,} B", "ns a byte": f"{ns:.0f}"}
                for size, ns in ns_per_byte.items()
            ]
        )
    )
    print()
    for name, ratio in summary.items():
        print(f"{name}: {'-' if ratio is None else format(ratio, '.2f')}")
    print(f"the worst cell: {worst.stream} at {worst.chunk_bytes} B, {worst.best_peer}")


if __name__ == "__main__":
    main()
