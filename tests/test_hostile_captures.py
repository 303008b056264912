"""Captures and other tools' files as an attacker writes them: no input ends in a traceback, a hang
or a full memory, in any verb."""

import gzip
import json
import random
import subprocess
import sys
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hostile import VALUES, places, replaced

from ssetape import cli, exports
from ssetape.imports import names as import_names

Raw = Callable[..., bytes]

SAMPLES = sorted((Path(__file__).resolve().parents[1] / "samples").glob("*.ssetape"))
SOCKET = b"""\
{"ssetape":1,"kind":"websocket","started":"2026-01-01T00:00:00Z","request":{"method":"GET","url":"wss://a.test/"}}
[0.1,"head",{"status":101,"headers":[]}]
[0.2,"<","{\\"type\\":\\"session.created\\",\\"session\\":{\\"model\\":\\"m\\"}}"]
[0.3,">","{\\"type\\":\\"response.create\\"}"]
[0.5,"<b","AAAA",{"dropped":true}]
[1.5,"end",{"reason":"complete","close":{"code":1000,"reason":"","by":"client"}}]
"""
TAPPED = b"""\
{"ssetape":1,"tapped":{"browser":"Chrome/156","target":"page","chunks":"reads"},"request":{"method":"GET","url":"http://a.test/"}}
[0.1,"head",{"status":200,"headers":[["content-type","text/event-stream"]],"decoded":[["content-encoding","br"]],"from_cache":true}]
[0.2,"<","data: x\\n\\n"]
[0.3,"end",{"reason":"tab_crashed"}]
"""
# Beside values of every type: what numbers, dates and codings break on.
ODD = [
    *(text for text in VALUES if len(text) < 6000),
    *("9223372036854775808", "-9223372036854775809", "1e308", "3.1e9", "-3.1e9", "3.3e9"),
    *('"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"', '"99999-01-01"'),
    *('"http://[::1"', '"gzip"', '"websocket"', '"data: {\\"object\\":{}}\\n\\n"'),
    '[["content-type","text/event-stream"],["content-encoding","zstd"]]',
]
# Each with the capture's path after it; @ is another capture, OUT a new file.
VERBS = [
    *(["show"], ["show", "--json"], ["show", "--full"], ["show", "--chunks"], ["show", "--raw"]),
    *(["show", "--path", "a.b"], ["text"], ["text", "--json"], ["text", "--tools"]),
    *(["text", "--role", "user"], ["stats"], ["stats", "--json"], ["stats", "--tools"]),
    *(["diff", "@"], ["diff", "--json", "@"], ["grep", "a"], ["grep", "--text", "a"]),
    *(["scan"], ["scan", "--json"], ["ls"], ["ls", "--json"], ["play", "--instant"]),
    *(["tail"], ["tail", "--json"], ["replay", "--host", "256.0.0.1", "--port", "0"]),
    *(["export", "--format", name, "-o", "OUT"] for name in exports.names()),
    *(
        ["edit", "-o", "OUT.ssetape", *words]
        for words in (
            ["--append", "@", "--speed", "2"],
            ["--drop", "event=1", "--since", "0.1", "--until", "9"],
            ["--set", ".=x", "--fault", "corrupt event=1"],
            ["--set", "choices[0].delta.content=x", "--instant", "--header", "a: b"],
        )
    ),
]
# These open a database or a socket, which takes a while.
SLOW_VERBS = [
    ["query", "--json", "SELECT * FROM exchanges"],
    ["query", "--csv", "SELECT started + INTERVAL 9000 YEAR AS later, * FROM exchanges, events"],
    ["verify", "--instant"],
]


def mutated(raw: bytes, draw: random.Random) -> bytes:
    """A capture with an odd value somewhere in a line, or in the JSON within a chunk."""
    lines = raw.splitlines()
    at = draw.choice([0, 1, len(lines) - 1, draw.randrange(len(lines))])
    line = json.loads(lines[at])
    if at and type(line[2]) is str and "{" in line[2] and draw.randrange(2):
        start = line[2].index("{")
        try:
            value, size = json.JSONDecoder().raw_decode(line[2][start:])
        except ValueError:
            pass
        else:
            inner = replaced(value, draw.choice(list(places(value))), draw.choice(ODD))
            line[2] = line[2][:start] + inner + line[2][start + size :]
            lines[at] = json.dumps(line).encode()
            return b"\n".join(lines) + b"\n"
    lines[at] = replaced(line, draw.choice(list(places(line))), draw.choice(ODD)).encode()
    return b"\n".join(lines) + b"\n"


def attempt(words: list[str], *values: object) -> None:
    result = CliRunner().invoke(cli.main, [*words, *map(str, values)])
    if not isinstance(result.exception, SystemExit | None):
        raise AssertionError(f"ssetape {' '.join(words)}") from result.exception
    assert result.exit_code in (0, 1, 2)  # 2: what a WebSocket has no chunks for
    assert "Traceback" not in result.output
    if result.exc_info is not None:
        # click's runner keeps what the verb had open, in a circle: it is closed now, and not at
        # some later time, within a library of another language.
        traceback.clear_frames(result.exc_info[2])


def try_all(draw: random.Random, verbs: list[list[str]], rounds: int, folder: Path) -> None:
    bodies = [SOCKET, TAPPED, *(path.read_bytes() for path in SAMPLES)]
    for number in range(rounds):
        path, other = folder / "a.ssetape", folder / "b.ssetape"
        path.write_bytes(mutated(draw.choice(bodies), draw))
        other.write_bytes(draw.choice(bodies))
        for index, words in enumerate(verbs):
            out = str(folder / f"{number}-{index}")
            names = {"@": str(other), "OUT": out, "OUT.ssetape": f"{out}.ssetape"}
            attempt([names.get(word, word) for word in words], path)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_captures_end_no_verb(seed: int, tmp_path: Path) -> None:
    try_all(random.Random(seed), VERBS, 6, tmp_path)


@pytest.mark.programs
@pytest.mark.parametrize("seed", range(8))
def test_nor_do_many_more(seed: int, tmp_path: Path) -> None:
    try_all(random.Random(100 + seed), [*VERBS, *SLOW_VERBS], 40, tmp_path)


NUMBERS: dict[str, dict[str, Any]] = {
    "a year before 1": {"started": "0001-01-01T00:00:00+14:00"},
    "a year after 9999": {"started": "9999-12-31T23:59:59-14:00"},
    "a year before 1970": {"started": "1600-01-01T00:00:00Z"},
    "a century": {"end_s": 3.1e9, "head_s": -3.1e9},
    "more than a century": {"end_s": 1e19},
    "infinite": {"end_s": float("inf"), "head_s": float("nan")},
    "64 bits and one": {"status": 2**63},
    "all of 64 bits": {"status": 2**64 - 1},
}


@pytest.mark.parametrize("odd", NUMBERS)
def test_no_number_and_no_date_ends_an_export_or_a_table(
    odd: str, raw_capture: Raw, tmp_path: Path
) -> None:
    event = b'data: {"choices":[{"delta":{"content":"a"}}],"usage":{"completion_tokens":1e400}}\n\n'
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(NUMBERS[odd].get("end_s", 1.0), event)], **NUMBERS[odd]))
    for name in exports.names():
        attempt(["export", "--format", name, "-o"], tmp_path / name, path)
    for words in (["query", "--json", "SELECT * FROM exchanges, events"], ["stats", "--json"]):
        attempt(words, path)
    if (tmp_path / "har").exists():
        json.loads((tmp_path / "har").read_bytes())


HAR = {
    "startedDateTime": "2026-01-01T00:00:00.5Z",
    "request": {
        "method": "POST",
        "url": "https://h.test/x",
        "httpVersion": "h2",
        "headers": [{"name": "a", "value": "b"}],
        "postData": {"mimeType": "a", "text": "{}"},
    },
    "response": {
        "status": 200,
        "statusText": "OK",
        "headers": [{"name": "content-type", "value": "text/event-stream"}],
        "content": {"size": 9, "text": "ZGF0YTogYQoK", "encoding": "base64"},
    },
    "timings": {"blocked": -1, "connect": 1, "send": 1, "wait": 2, "receive": 3},
}
TIMED = {"time": 1767225601.0, "eventName": "message", "eventId": "1", "data": "a"}
SENT = {"type": "send", "time": 1767225601.0, "opcode": 1, "data": "x"}
CASSETTE = {
    "request": {"method": "POST", "uri": "http://h.test/", "body": "x", "headers": {"a": ["b"]}},
    "response": {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["text/event-stream"]},
        "body": {"base64_string": "ZGF0YTogYQoK"},
    },
    "recorded_at": "Mon, 23 Nov 2026 09:30:12 GMT",
}
FOREIGN: list[tuple[str, Any]] = [
    ("har", {"log": {"entries": [HAR]}}),
    ("har", {"log": {"entries": [{**HAR, "_eventSourceMessages": [TIMED]}]}}),
    ("har", {"log": {"entries": [{**HAR, "_webSocketMessages": [SENT]}]}}),
    ("vcr", {"http_interactions": [CASSETTE]}),
]


@pytest.mark.parametrize(("form", "value"), FOREIGN)
def test_values_of_every_type_at_every_place_end_no_import(
    form: str, value: Any, tmp_path: Path
) -> None:
    draw = random.Random(form)
    path = tmp_path / "file"
    for place in places(value):
        for text in draw.sample(ODD, 4):
            path.write_text(replaced(value, place, text))
            attempt(["import", "--all", "--format", form, "-o", str(tmp_path / "out")], path)
    for written in (tmp_path / "out").glob("*.ssetape"):
        assert CliRunner().invoke(cli.main, ["ls", str(written)]).exit_code == 0


LINES = [
    {"kind": "request", "capture": "a", "request": {"method": "GET", "url": "http://h.test/",
     "headers": [["a", "b"]], "body": {"text": "{}"}, "masked": {"body": [[0, 1, "x"]]}},
     "exchange": {"id": "x", "kind": "http", "started": "2026-01-01T00:00:00Z", "recorder": "r",
     "run": {"id": "1"}, "imported": {"times": "none"}, "edited": {"changes": ["x"]}}},
    {"kind": "head", "t": 0.1, "framing": "events", "head": {"status": 200, "headers": [["a", "b"]],
     "decoded": [["content-encoding", "br"]], "masked": {"headers": ["a"]}}},
    {"kind": "comment", "t": 0.2, "data": " x", "raw": ": x\n"},
    {"kind": "event", "t": 0.3, "event": "message", "id": "1", "data": "x", "retry": 5, "seq": 0,
     "raw": "data: x\n\n", "pieces": [[-0.1, 3], [0, 6]], "masked": [[0, 3, "x"]], "joined": True},
    {"kind": "bytes", "t": 0.4, "base64": "AAAA"},
    {"kind": "trailers", "t": 0.5, "trailers": [["a", "b"]], "masked": {"headers": ["a"]}},
    {"kind": "end", "t": 0.6, "end": {"reason": "complete", "guessed": True, "close": {"code": 1,
     "reason": "", "by": "client"}}, "sha256": ""},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(LINES)))
def test_odd_values_in_lines_that_were_exported_end_no_import(number: int, tmp_path: Path) -> None:
    draw = random.Random(number)
    path, like = tmp_path / "file", tmp_path / "like.ssetape"
    like.write_bytes(SOCKET if number % 2 else TAPPED)
    lines = [json.dumps(line) for line in LINES]
    for place in places(LINES[number]):
        for text in draw.sample(ODD, 3):
            odd = replaced(LINES[number], place, text)
            path.write_text("\n".join([*lines[:number], odd, *lines[number + 1 :]]))
            words = ["import", "--format", "jsonl", "-o", str(tmp_path / "out")]
            attempt([*words, *(["--like", str(like)] if draw.randrange(2) else [])], path)
    for written in (tmp_path / "out").glob("*.ssetape"):
        assert CliRunner().invoke(cli.main, ["show", str(written)]).exit_code == 0


TRACE = b"""\
09:30:12.100000 [0-0] => Send header, 30 bytes (0x1e)
0000: 47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a
0010: 48 6f 73 74 3a 20 61 2e 74 65 73 74 0d 0a
09:30:12.200000 [0-0] <= Recv header, 17 bytes (0x11)
0000: 48 54 54 50 2f 31 2e 31 20 32 30 30 20 4f 4b 0d
0010: 0a
09:30:12.300000 [0-0] <= Recv data, 9 bytes (0x9)
0000: 64 61 74 61 3a 20 61 0a 0a
"""
TEXTS = [
    ("curl", TRACE),
    ("curl", b"1767225600.5 data: a\n1767225601.5 \n"),
    ("curl", b"Jan 02 09:30:12 data: a\nJan 02 09:30:13 \n"),
    ("sse", b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\ndata: a\n\n"),
    ("vcr", b"interactions:\n- {request: {method: GET, uri: 'http://h/'}, response: {}}\n"),
]


@pytest.mark.parametrize(("form", "data"), TEXTS)
def test_damaged_texts_end_no_import(form: str, data: bytes, tmp_path: Path) -> None:
    assert form in import_names()
    draw = random.Random(data)
    path = tmp_path / "file"
    for _ in range(60):
        made = bytearray(data)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(made) + 1)
            new = draw.choice([b"", b"\n", b"-", b": ", bytes([draw.randrange(256)]), b"9" * 5000])
            made[at : at + draw.choice([0, 1, 5])] = new
        path.write_bytes(made)
        attempt(["import", "--all", "--format", form, "-o", str(tmp_path / "out")], path)


# Bombs

MIB = 1 << 20
DELTA = b'data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":"aaaa"}}]}\n\n'
LIMIT_MIB = 300
# Of work, on any machine: a few seconds on most.
LONGEST_S = 60


def unfolding(unit: bytes, size_bytes: int) -> bytes:
    return gzip.compress(unit * (size_bytes // len(unit)), 9)


def chunks(body: bytes) -> Iterator[tuple[float, bytes]]:
    for number, start in enumerate(range(0, len(body), 1 << 16)):
        yield number / 1000, body[start : start + (1 << 16)]


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "events": ("gzip", lambda: unfolding(DELTA, 200 * MIB)),
    "small events": ("gzip", lambda: unfolding(b"data: a\n\n", 200 * MIB)),
    "comments": ("gzip", lambda: unfolding(b":\n", 200 * MIB)),
    "one event": ("gzip", lambda: unfolding(b"data: " + bytes(199 * MIB), 200 * MIB)),
    "gzip in gzip": ("gzip, gzip", lambda: gzip.compress(unfolding(DELTA, 200 * MIB))),
    "long IDs": ("", lambda: b"id: " + b"i" * (8 * MIB) + b"\n" + b"data: x\n\n" * 3000),
    # Too little for a bomb, and more than may be held at once.
    "much text": ("", lambda: DELTA.replace(b"aaaa", b"a" * 100_000) * 600),
}
BOMBED = [
    *(["show"], ["show", "--json"], ["text"], ["stats"], ["diff", "PATH"], ["grep", "zzz"]),
    *(["grep", "--text", "zzz"], ["verify", "--instant"], ["play", "--instant"]),
    ["query", "SELECT count(*), max(size_bytes) FROM events"],
    *(["export", "--format", name, "-o", "OUT"] for name in exports.names()),
]


# A process begins with the peak of the one that starts it, so a small one starts it.
LAUNCH = """
import resource, subprocess, sys
limit_s = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
code = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_mib(words: list[str]) -> float:
    """The peak memory of a command, which has to end in words and within LONGEST_S of work."""
    command = [sys.executable, "-m", "ssetape", *words]
    launcher = [sys.executable, "-I", "-S", "-c", LAUNCH, str(LONGEST_S)]
    done = subprocess.run([*launcher, *command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    code, peak_kib = map(int, done.stdout.split())
    assert code in (0, 1), f"{words} ended with {code}: {done.stderr[-300:]}"
    return peak_kib / 1024


@pytest.mark.programs
@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read as Linux counts them")
@pytest.mark.parametrize("bomb", BOMBS)
def test_no_bomb_fills_the_memory_or_takes_for_ever(
    bomb: str, raw_capture: Raw, tmp_path: Path
) -> None:
    coding, make = BOMBS[bomb]
    headers = [("content-type", "text/event-stream"), ("content-encoding", coding)]
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture(chunks(make()), headers=headers))
    for number, words in enumerate(BOMBED):
        names = {"PATH": str(path), "OUT": str(tmp_path / f"{number}")}
        found = peak_mib([*(names.get(word, word) for word in words), str(path)])
        assert found < LIMIT_MIB, f"{words}: {found:.0f} MiB"


FOREIGN_BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "aliases": ("vcr", lambda: laughs() + b"interactions: *a8\n"),
    "an interaction again and again": (
        "vcr",
        lambda: b"interactions:\n- &i " + json.dumps(CASSETTE).encode() + b"\n- *i" * 10**6,
    ),
    "a gzip'd body": (
        "sse",
        lambda: b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + unfolding(DELTA, 1000 * MIB),
    ),
    "many bodies": (
        "har",
        lambda: json.dumps(
            {"log": {"entries": [with_body(unfolding(DELTA, 200 * MIB))] * 9}}
        ).encode(),
    ),
    "depth": ("har", lambda: b'{"log":' * 10**6),
}


def laughs() -> bytes:
    lines = [b"a0: &a0 [" + b",".join([b"lol"] * 9) + b"]"]
    for n in range(1, 9):
        lines.append(b"a%d: &a%d [%b]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)))
    return b"\n".join(lines) + b"\n"


def with_body(body: bytes) -> dict[str, Any]:
    kind = {"name": "content-type", "value": "text/event-stream"}
    coding = {"name": "content-encoding", "value": "gzip"}
    content = {"encoding": "base64", "text": b64encode(body).decode()}
    return {**HAR, "response": {"status": 200, "headers": [kind, coding], "content": content}}


@pytest.mark.programs
@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read as Linux counts them")
@pytest.mark.parametrize("bomb", FOREIGN_BOMBS)
def test_no_bomb_of_another_tool_does_either(bomb: str, tmp_path: Path) -> None:
    form, make = FOREIGN_BOMBS[bomb]
    path = tmp_path / "file"
    path.write_bytes(make())
    words = ["import", "--all", "--format", form, "-o", str(tmp_path / "out"), str(path)]
    assert peak_mib(words) < LIMIT_MIB
