"""What do ten thousand captures cost a replay: to start, in memory, and for each match?

    python bench/many.py [--quick] [--workers N] [--json]

Method. Captures of an OpenAI-compatible chat with request bodies of 1.5 kB, half of them at one
path and different only in their bodies, half at paths of their own. The start lasts from `python
-m ssetape replay` to its URL on stderr, against the minimum: a Python program that imports orjson
and reads the first two lines of each file. A match is `Answerer.answer` for a request, against
parsing its body once with orjson: for one as captured; for the same one in another spelling
(percent-encoding, order of keys, gzip); for the same question with other ids and another time,
so that the most similar of 5,000 has to be found; for another question. A miss is one of a path
without captures, or of one with 5,000 under `--match normalised`; both name the nearest captures.

--workers N starts `ssetape replay --workers N`; its memory is that of all processes, of what they
share once (Pss).
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from report import json_line, stop, table

READING = """
import pathlib, sys, orjson
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    with path.open("rb") as file:
        orjson.loads(file.readline()), orjson.loads(file.readline())
"""
SERVER = (sys.executable, "-m", "ssetape", "replay", "--port", "0")
# Workers have started by then.
SETTLES_S = 0.3
ROUNDS = 5
ASKED = 300


# Of a chat: half of each question is the same in all.
WORDS = [f"{start}{end}" for start in ("al", "be", "co", "du", "fi") for end in ("ra", "te", "lon")]
SAME = "You are a helpful assistant that answers in short sentences and never guesses. " * 8


def body_of(number: int, ids: int | None = None) -> str:
    """The body of a question; `ids` makes its ids and times, by default the number."""
    ids = number if ids is None else ids
    words = [WORDS[number * step % len(WORDS)] for step in range(1, 100)]
    content = f"question {number} {' '.join(words)}"
    system = {"id": f"msg_{ids:024x}", "role": "system", "content": SAME}
    user = {"id": f"msg_{ids + 7:024x}", "role": "user", "content": content}
    fields = {"model": "m", "created": 1_700_000_000 + ids, "temperature": number % 3 / 2}
    return json.dumps({**fields, "messages": [system, user]})


def spelled_otherwise(body: str) -> bytes:
    value = json.loads(body)
    return gzip.compress(json.dumps(dict(reversed(value.items())), indent=1).encode())


def write_captures(folder: Path, count: int) -> None:
    head = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1"}
    for number in range(count):
        path = "chat/completions" if number % 2 else f"items/{number}?page={number % 7}"
        request = {
            "method": "POST",
            "url": f"https://api.example.com/v1/{path}",
            "http_version": "HTTP/1.1",
            "headers": [["content-type", "application/json"]],
            "body": {"text": body_of(number)},
        }
        started = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
        lines: list[object] = [
            {"ssetape": 1, "id": str(number), "started": started, "request": request},
            [0.1, "head", {**head, "headers": [["content-type", "text/event-stream"]]}],
            *([0.1 * n, "<", f"data: {n}\n\n"] for n in range(1, 40)),
            [4.0, "end", {"reason": "complete"}],
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{number:06d}.ssetape").write_text(text)


def memory_kb(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    kind, name = ("Pss:", "smaps_rollup") if children else ("VmRSS:", "status")
    status = [Path(f"/proc/{each}/{name}").read_text() for each in (pid, *children)]
    return sum(int(each.partition(kind)[2].split()[0]) for each in status)


def start_s(folder: Path, workers: int) -> tuple[float, int]:
    """The time until the server listens, and its memory then, in kB."""
    begun_s = time.perf_counter()
    process = subprocess.Popen(
        [*SERVER, "--workers", str(workers), str(folder)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "http://" in line:
                took_s = time.perf_counter() - begun_s
                time.sleep(SETTLES_S)
                return took_s, memory_kb(process.pid)
        stop("many.py: the server does not start")
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def reading_s(folder: Path) -> float:
    begun_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", READING, str(folder)], check=True)
    return time.perf_counter() - begun_s


def matches_us(folder: Path, count: int) -> dict[str, tuple[float, float]]:
    """Median and worst times for each kind of request."""
    from ssetape.library import open_all
    from ssetape.replay.answers.answerer import Answerer
    from ssetape.replay.exchange import ClientRequest
    from ssetape.replay.matching import rules
    from ssetape.replay.pacing import Pace
    from ssetape.replay.shelf import Shelf

    shelf = Shelf(open_all([folder], []))
    nearest = Answerer(shelf, Pace())
    equal = Answerer(shelf, Pace(), matching=rules.make("normalised"))
    numbers = range(1, count, max(2, count // ASKED // 2 * 2))
    chat, escaped = "/v1/chat/completions", "/v1/%63hat/completions"
    kinds = {
        "captured": (nearest, [(chat, body_of(n).encode()) for n in numbers]),
        "in another spelling": (
            nearest,
            [(escaped, spelled_otherwise(body_of(n))) for n in numbers],
        ),
        "with other ids": (nearest, [(chat, body_of(n, -n).encode()) for n in numbers]),
        "another question": (nearest, [(chat, body_of(count + n).encode()) for n in numbers]),
        "a miss: path": (nearest, [(f"/v1/others/{n}", b"{}") for n in numbers]),
        "a miss: body": (equal, [(chat, body_of(n, -n).encode()) for n in numbers]),
    }
    found = {}
    for kind, (answerer, requests) in kinds.items():
        coding = [("content-encoding", "gzip")] if kind == "in another spelling" else []
        times = []
        for number, (target, body) in enumerate([requests[-1], *requests]):
            asked = ClientRequest("POST", target, [("host", "127.0.0.1"), *coding], body)
            begun = time.perf_counter_ns()
            answerer.answer(asked)
            if number:  # the first one builds tables
                times.append((time.perf_counter_ns() - begun) / 1000)
        found[kind] = median(times), max(times)
    return found


def parsing_us() -> float:
    import orjson

    body = body_of(1).encode()
    times = []
    for _ in range(ASKED):
        begun = time.perf_counter_ns()
        orjson.loads(body)
        times.append((time.perf_counter_ns() - begun) / 1000)
    return median(times)


def main() -> None:
    options = argparse.ArgumentParser(description="Many captures: start, memory, matching.")
    options.add_argument("--quick", action="store_true", help="500 captures, once")
    options.add_argument("--workers", type=int, default=1, help="processes that serve")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    if sys.platform != "linux":
        stop("many.py: memory comes from /proc")
    count, rounds = (500, 1) if arguments.quick else (10_000, ROUNDS)
    with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as name:
        folder = Path(name)
        write_captures(folder, count)
        pairs = [(start_s(folder, arguments.workers), reading_s(folder)) for _ in range(rounds)]
        matches = matches_us(folder, count)
    start, reading = median(s for (s, _), _ in pairs), median(r for _, r in pairs)
    ratio = median(s / r for (s, _), r in pairs)
    kb = median(kb for (_, kb), _ in pairs)
    if arguments.json:
        figures = {"captures": count, "start_s": start, "reading_s": reading, "ratio": ratio}
        json_line({**figures, "rss_kb": kb, "matches_us": matches, "parsing_us": parsing_us()})
        return
    print(
        table(
            [
                {
                    "captures": f"{count:,}",
                    "start s": f"{start:.2f}",
                    "reading alone s": f"{reading:.2f}",
                    "ratio": f"{ratio:.1f}",
                    "MB": f"{kb / 1000:.0f}",
                }
            ]
        )
    )
    print()
    parsing = parsing_us()
    print(
        table(
            [
                {
                    "asked for": kind,
                    "median us": f"{middle:.0f}",
                    "worst us": f"{worst:.0f}",
                    "parsing its body once us": f"{parsing:.1f}",
                }
                for kind, (middle, worst) in matches.items()
            ]
        )
    )


if __name__ == "__main__":
    main()
