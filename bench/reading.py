"""What does it cost to measure one capture of millions of events?

    python bench/reading.py [--quick] [--json]

Method. A capture of 1 GB with 4 million JSON events of an unknown protocol, and ones of Chat
Completions and of Anthropic Messages with a tenth as many. `python -m ssetape stats --json` against
the minimum: a Python program that imports orjson, and parses each line. Wall time includes Python's
start; the two take turns. Memory is the process's peak. `show --head 20` must finish at once.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from listing import run
from report import json_line, stop, table

PARSING = """
import sys, orjson
for line in open(sys.argv[1], "rb"):
    orjson.loads(line)
"""
ROUNDS = 3
NOTE = "x" * 150


def raw(number: int) -> str:
    return f'{{"sensor":{number},"value":{number % 97 / 97:.6f},"note":"{NOTE}"}}'


def chat(number: int) -> str:
    choice = '{"index":0,"delta":{"content":" word%d"},"logprobs":null,"finish_reason":null}'
    about = '"object":"chat.completion.chunk","created":1730000000,"model":"gpt-4o-mini"'
    return f'{{"id":"chatcmpl-1",{about},"choices":[{choice % (number % 100)}]}}'


def anthropic(number: int) -> str:
    delta = f'{{"type":"text_delta","text":" word{number % 100}"}}'
    return f'{{"type":"content_block_delta","index":0,"delta":{delta}}}'


Event = Callable[[int], str]
# Each kind of event, what is before its data line, and its share of the events.
KINDS: tuple[tuple[Event, str, float], ...] = (
    (raw, "", 1.0),
    (chat, "", 0.1),
    (anthropic, "event: content_block_delta\n", 0.1),
)


def write(path: Path, count: int, event: Event, before: str = "") -> None:
    request = {"method": "GET", "url": "http://a.test/x", "http_version": "HTTP/1.1", "headers": []}
    header = {"ssetape": 1, "id": "b", "kind": "http", "started": "2026-11-23T09:30:12.123456Z"}
    head = {"status": 200, "headers": [["content-type", "text/event-stream"]]}
    with path.open("w") as file:
        file.write(json.dumps({**header, "request": request}) + "\n")
        file.write(json.dumps([0.1, "head", head]) + "\n")
        t_s = 0.2
        for number in range(count):
            t_s += (number * 7919 % 1000) / 50_000
            text = f"{before}data: {event(number)}\n\n"
            file.write(f'[{t_s:.6f}, "<", {json.dumps(text)}]\n')
        file.write(json.dumps([t_s, "end", {"reason": "complete"}]) + "\n")


def main() -> None:
    options = argparse.ArgumentParser(description="One long capture: measuring it.")
    options.add_argument("--quick", action="store_true", help="a hundredth of it, once")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    if sys.platform != "linux":
        stop("reading.py: memory is in other units elsewhere")
    count, rounds = (40_000, 1) if arguments.quick else (4_000_000, ROUNDS)
    figures = []
    for event, before, share in KINDS:
        name, events = event.__name__, round(count * share)
        with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as folder:
            path = Path(folder) / "long.ssetape"
            write(path, events, event, before)
            programs = {
                "stats": ["-m", "ssetape", "stats", "--json", str(path)],
                "show --head 20": ["-m", "ssetape", "show", "--head", "20", str(path)],
                "lines parsed alone": ["-c", PARSING, str(path)],
            }
            size_bytes = path.stat().st_size
            took = [{key: run(*words) for key, words in programs.items()} for _ in range(rounds)]
        for key in programs:
            alone = [each["lines parsed alone"][0] for each in took]
            own = [each[key][0] for each in took]
            figures.append(
                {
                    "program": key,
                    "events": name,
                    "count": events,
                    "size_bytes": size_bytes,
                    "s": median(own),
                    "ratio": median(a / b for a, b in zip(own, alone, strict=True)),
                    "max_rss_kb": median(each[key][1] for each in took),
                }
            )
    if arguments.json:
        for figure in figures:
            json_line(figure)
        return
    rows = [
        {
            "program": str(figure["program"]),
            "events": f"{figure['count']:,} {figure['events']}",
            "MB": f"{float(str(figure['size_bytes'])) / 1e6:.0f}",
            "s": f"{figure['s']:.2f}",
            "ratio": f"{figure['ratio']:.2f}",
            "RSS MB": f"{float(str(figure['max_rss_kb'])) / 1000:.0f}",
        }
        for figure in figures
    ]
    print(table(rows))


if __name__ == "__main__":
    main()
