"""What does it cost to read ten thousand captures with a process on each core?

    python bench/cores.py [--quick] [--json]

Method. Captures of 13 kB, each a Chat Completion of 50 messages. Each verb with one process and
with one on each core, Python's start included; they take turns with the minimum: as many Python
programs as there are cores, which share the files and parse each line with orjson. Ratios are of
the same round: `cores` says how many times as fast the processes are together, `bare` how many
times as long as the minimum they take. `cpu` is the work of all processes by that of the one: on a
busy machine it says what `cores` cannot.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from report import json_line, stop, table

PARSING = """
import os, sys, orjson
folder, part, parts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for name in sorted(os.listdir(folder))[part::parts]:
    with open(os.path.join(folder, name), "rb") as file:
        for line in file:
            orjson.loads(line)
"""
VERBS = {
    "stats --json": ["stats", "--json"],
    "ls -l": ["ls", "-l"],
    "grep": ["grep", "nothing has this"],
    "grep --text": ["grep", "--text", "nothing has this"],
    "query": ["query", "SELECT count(*), sum(length(text)) FROM exchanges"],
}
ROUNDS = 3
MESSAGES = 50


def write_captures(folder: Path, count: int) -> None:
    request = {
        "method": "POST",
        "url": "https://api.example.com/v1/chat/completions",
        "http_version": "HTTP/1.1",
        "headers": [["content-type", "application/json"]],
        "body": {"text": '{"model":"a","stream":true,"messages":[]}'},
    }
    head = {"status": 200, "headers": [["content-type", "text/event-stream"]]}
    delta = {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1_767_225_600,
        "model": "a-model-2026",
        "system_fingerprint": "fp_0123456789",
    }
    rest: list[object] = [[0.1, "head", head]]
    for n in range(MESSAGES):
        choice = {"index": 0, "delta": {"content": f" word{n}"}, "finish_reason": None}
        rest.append([0.2 + n / 50, "<", f"data: {json.dumps({**delta, 'choices': [choice]})}\n\n"])
    rest += [[2.0, "<", "data: [DONE]\n\n"], [2.1, "end", {"reason": "complete"}]]
    tail = "".join(json.dumps(line) + "\n" for line in rest)
    for n in range(count):
        header = {"ssetape": 1, "id": str(n), "kind": "http", "started": "2026-01-01T00:00:00Z"}
        line = json.dumps({**header, "request": request}) + "\n"
        (folder / f"{n:06d}.ssetape").write_text(line + tail)


def run(commands: list[list[str]]) -> tuple[float, float]:
    """How long programs took that ran at once, and their work, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun_s = time.perf_counter()
    running = [
        subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL) for words in commands
    ]
    codes = [each.wait() for each in running]
    took_s = time.perf_counter() - begun_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not set(codes) <= {0, 1}:  # grep finds nothing
        stop(f"cores.py: {commands[0][:4]} failed")
    return took_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    options = argparse.ArgumentParser(description="Many captures: reading on all cores.")
    options.add_argument("--quick", action="store_true", help="1,000 captures, once")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    if sys.platform != "linux":
        stop("cores.py: the cores of this process are counted as Linux does")
    count, rounds = (1_000, 1) if arguments.quick else (10_000, ROUNDS)
    cores = len(os.sched_getaffinity(0))
    took: dict[str, list[tuple[float, ...]]] = {name: [] for name in VERBS}
    with tempfile.TemporaryDirectory(prefix="ssetape-bench-") as folder:
        write_captures(Path(folder), count)
        parse = [["-c", PARSING, folder, str(part), str(cores)] for part in range(cores)]
        for _ in range(rounds):
            bare_s, _ = run(parse)
            for name, words in VERBS.items():
                one_s, one_cpu_s = run([["-m", "ssetape", *words, "-j", "1", folder]])
                all_s, all_cpu_s = run([["-m", "ssetape", *words, "-j", str(cores), folder]])
                took[name].append(
                    (one_s, all_s, one_s / all_s, all_cpu_s / one_cpu_s, all_s / bare_s)
                )
    names = ("one_s", "all_s", "cores", "cpu", "bare")
    figures = [
        {"verb": verb, "captures": count, "processes": cores}
        | {
            name: round(median(column), 2)
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        }
        for verb, rows in took.items()
    ]
    if arguments.json:
        for figure in figures:
            json_line(figure)
        return
    print(table([{key: str(value) for key, value in figure.items()} for figure in figures]))


if __name__ == "__main__":
    main()
