"""What does it cost to list ten thousand captures, from the shell's prompt to the last line?

    python bench/listing.py [--quick] [--json]

Method. Captures of 12 kB. `python -m ssetape ls --json` against the minimum: a Python program that
imports orjson, and reads and parses the first line of each file. Wall time includes Python's
start; they take turns. `ls -l` also reads each capture up to its first words. Memory is the
process's peak.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from report import json_line, stop, table

READING = """
import os, sys, orjson
for entry in sorted(os.scandir(sys.argv[1]), key=lambda entry: entry.name):
    with open(entry.path, "rb") as file:
        orjson.loads(file.readline())
"""
ROUNDS = 5
EVENTS = 150


def write_captures(folder: Path, count: int) -> None:
    request = {
        "method": "POST",
        "url": "https://api.example.com/v1/chat/completions",
        "http_version": "HTTP/1.1",
        "headers": [["content-type", "application/json"]],
        "body": {"text": "x" * 500},
    }
    head = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1"}
    rest: list[object] = [
        [0.1, "head", {**head, "headers": [["content-type", "text/event-stream"]]}],
        *(
            [round(0.1 * n, 6), "<", f'data: {{"delta": "{"word " * 8}"}}\n\n']
            for n in range(EVENTS)
        ),
        [15.0, "end", {"reason": "complete", "chunks": EVENTS, "bytes": EVENTS * 60}],
    ]
    tail = "".join(json.dumps(line) + "\n" for line in rest)
    for number in range(count):
        started = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
        header = {"ssetape": 1, "id": str(number), "kind": "http", "started": started}
        line = json.dumps({**header, "request": request}) + "\n"
        (folder / f"{number:06d}.ssetape").write_text(line + tail)


def run(*words: str) -> tuple[float, int]:
    """How long a program took, and its peak memory in kB."""
    begun_s = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - begun_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        stop(f"listing.py: {words[:3]} failed")
    return took_s, usage.ru_maxrss


def main() -> None:
    options = argparse.ArgumentParser(description="Many captures: listing.")
    options.add_argument("--quick", action="store_true", help="500 captures, once")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    if sys.platform != "linux":
        stop("listing.py: memory is in other units elsewhere")
    count, rounds = (500, 1) if arguments.quick else (10_000, ROUNDS)
    programs = {
        "ssetape ls --json": ["-m", "ssetape", "ls", "--json"],
        "ssetape ls": ["-m", "ssetape", "ls"],
        "ssetape ls -l": ["-m", "ssetape", "ls", "-l"],
        "first lines alone": ["-c", READING],
    }
    with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as folder:
        write_captures(Path(folder), count)
        size_bytes = next(Path(folder).iterdir()).stat().st_size
        took = [
            {name: run(*words, folder) for name, words in programs.items()} for _ in range(rounds)
        ]
    figures = [
        {
            "program": name,
            "captures": count,
            "size_bytes": size_bytes,
            "s": median(figures[name][0] for figures in took),
            "ratio": median(figures[name][0] / figures["first lines alone"][0] for figures in took),
            "max_rss_kb": median(figures[name][1] for figures in took),
        }
        for name in programs
    ]
    if arguments.json:
        for figure in figures:
            json_line(figure)
        return
    print(
        table(
            [
                {
                    "program": str(figure["program"]),
                    "captures": f"{figure['captures']:,}",
                    "kB each": f"{size_bytes / 1000:.0f}",
                    "s": f"{figure['s']:.2f}",
                    "ratio": f"{figure['ratio']:.1f}",
                    "MB": f"{figure['max_rss_kb'] / 1000:.0f}",
                }
                for figure in figures
            ]
        )
    )


if __name__ == "__main__":
    main()
