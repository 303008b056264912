"""What holds for every verb, so also for the next one: bad files, and what a terminal obeys."""

import errno
import io
import json
import os
import shutil
import socket
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from ssetape import cli, exports
from ssetape.capture import Capture
from ssetape.messages.reading import messages_of

Write = Callable[..., Path]
Invoke = Callable[..., Result]

CONTEXT = click.Context(cli.main, **cli.main.context_settings)
VERBS = cli.main.list_commands(CONTEXT)
# On a host that there is not, a server ends after it has opened its captures.
NOWHERE = ["--host", "256.0.0.1", "--port", "0"]


# --- a folder with bad files -----------------------------------------------------------------

HEADER = b'{"ssetape":1,"request":{"method":"GET","url":"http://a.test/"}}\n'
# No verb can read these; what is odd in a name is what a person sees of it.
BAD = {
    "garbage": b"garbage\n",
    "empty": b"",
    "torn": HEADER[:30],
    "version": HEADER.replace(b":1,", b":99,", 1),
    "controls": b"\x00\x1b[2J\xff\n",
    "no-utf-8-\udcff": b"garbage\n",
    "line\nfeed-\x1b[2J": b"garbage\n",
}
SPECIAL = ["dangling", "loop", "folder", "fifo", "socket"]
# These can be read in part, and some verbs need no more than that.
DAMAGED = {
    "record": HEADER + b'[0.1,"head",{"status":200,"headers":[]}]\n{}\n',
    "head": HEADER + b'[0.1,"head",5]\n[0.2,"<","data: x\\n\\n"]\n',
}

# The words of each verb that reads a folder.
OVER_FOLDER: dict[str, list[list[str]]] = {
    "auto": [["auto", "captures", "--port", "0", "--host", "256.0.0.1"]],
    "diff": [["diff", "captures", "good"], ["diff", "--json", "captures", "good"]],
    "export": [
        ["export", "--format", name, "-o", f"out-{name}", "captures"] for name in exports.names()
    ],
    "grep": [["grep", *words, "good", "captures"] for words in ([], ["--text"], ["-c"], ["-l"])],
    "ls": [["ls", "captures"], ["ls", "--json", "captures"]],
    "query": [["query", "select capture, events from exchanges", "captures"]],
    "replay": [["replay", *NOWHERE, "captures"]],
    "scan": [["scan", "captures"], ["scan", "--mask", "captures"]],
    "stats": [["stats", "captures"], ["stats", "--json", "captures"]],
    "tail": [["tail"]],
    "verify": [["verify", "--instant", "captures"]],
    "why": [["why", "GET /stream", "captures"]],
}
# The page is tested in tests/web; these read one capture, other files, or none.
OF_NO_FOLDER = {"addon", "demo", "doctor", "edit", "help", "import", "make", "play", "record"}
OF_NO_FOLDER |= {"show", "tap", "text", "view"}


@pytest.fixture
def folder(
    tmp_path: Path, raw_capture: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder `captures` with every kind of bad file between good ones, and a folder `good`."""
    monkeypatch.chdir(tmp_path)
    captures = tmp_path / "captures"
    captures.mkdir()
    good = raw_capture([(0.1, b"data: good\n\n")])
    for name in ("captures/first", "captures/z-last", "good/one"):
        path = tmp_path / f"{name}.ssetape"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(good)
        os.utime(path, (0, 0))  # older than the bad ones, for verbs that read the newest
    for name, content in (BAD | DAMAGED).items():
        (captures / f"{name}.ssetape").write_bytes(content)
        if name in DAMAGED:
            os.utime(captures / f"{name}.ssetape", (-1, -1))
    (captures / "dangling.ssetape").symlink_to("nowhere")
    (captures / "loop.ssetape").symlink_to("loop.ssetape")
    (captures / "folder.ssetape").mkdir()
    os.mkfifo(captures / "fifo.ssetape")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("captures/socket.ssetape")
    return captures


def shown(name: str) -> str:
    return name.encode("unicode_escape").decode()


def test_every_verb_is_known_to_read_folders_or_not() -> None:
    assert set(OVER_FOLDER) | OF_NO_FOLDER == set(VERBS), "add the new verb to the table"
    assert not set(OVER_FOLDER) & OF_NO_FOLDER


@pytest.mark.parametrize(
    "words", [each for verb in OVER_FOLDER.values() for each in verb], ids=" ".join
)
def test_a_bad_file_in_a_folder_is_one_line_and_the_others_are_there(
    words: list[str], invoke: Invoke, folder: Path
) -> None:
    result = invoke(*words)
    told = result.stderr.splitlines()
    for name in (*BAD, *SPECIAL):
        found = [line for line in told if f"captures/{shown(name)}.ssetape" in line]
        assert len(found) == 1, (name, result.stderr)
    for name in DAMAGED:
        assert len([line for line in told if f"captures/{name}.ssetape" in line]) <= 1
    written = [path for path in folder.parent.rglob("out-*/**/*") if path.is_file()]
    written += [path for path in folder.parent.glob("out-*") if path.is_file()]
    everything = result.stdout + "".join(path.read_text("utf-8", "replace") for path in written)
    everything += "".join(map(str, written))
    verb = words[0]
    if verb in ("tail",):
        assert "good" in everything
        assert result.exit_code == 0
    elif verb in ("ls", "stats", "verify", "query", "grep", "why"):
        assert "first" in everything
        assert "z-last" in everything
        assert result.exit_code == 1
    elif verb == "export" and "aimock" not in words:  # which needs an answer
        assert written
        assert result.exit_code == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("verb", ["play", "show", "text", "tail", "import", "edit"])
def test_a_bad_file_is_one_line_for_a_verb_that_reads_one(
    verb: str, invoke: Invoke, folder: Path
) -> None:
    names = [*BAD, *(name for name in SPECIAL if name != "fifo" or verb != "import")]
    # Of a folder, the newest that can be read is taken.
    folders = ["captures"] if verb == "import" else []
    for path in [*folders, *(f"captures/{name}.ssetape" for name in names)]:
        own = ["--speed", "2", "-o", "new.ssetape"] if verb == "edit" else []
        result = invoke(verb, path, *own)
        assert result.exit_code == 1
        told = [line for line in result.stderr.splitlines() if "captures created" not in line]
        assert len(told) == 1, result.stderr
        assert shown(path) in told[0]


def test_an_export_to_a_folder_goes_on_after_a_capture_that_the_format_cannot_hold(
    invoke: Invoke, tmp_path: Path, raw_capture: Callable[..., bytes]
) -> None:
    captures = tmp_path / "captures"
    captures.mkdir()
    (captures / "a.ssetape").write_bytes(raw_capture(kind="websocket"))
    gzip = [("content-encoding", "gzip")]
    (captures / "b.ssetape").write_bytes(raw_capture([(0.1, b"no gzip")], headers=gzip))
    good = raw_capture([(0.1, b"data: good\n\n")])
    (captures / "b2.ssetape").write_bytes(good)
    (captures / "c.ssetape").write_bytes(good)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b2.sse").symlink_to(tmp_path / "victim")
    result = invoke("export", "--format", "raw", "-o", tmp_path / "out", "--overwrite", captures)
    assert result.exit_code == 1
    assert not (tmp_path / "victim").exists()
    assert "out/b2.sse: is a link to a file that does not exist" in result.stderr
    assert (tmp_path / "out" / "c.sse").read_bytes() == b"data: good\n\n"
    for name in ("a", "b"):
        assert len([line for line in result.stderr.splitlines() if f"{name}.ssetape" in line]) == 1


# --- refusals with one wording ---------------------------------------------------------------

READING = [
    *([name] for name in ("ls", "stats", "verify", "show", "text", "play", "tail", "scan")),
    *(["grep", "x"], ["query", "select 1"], ["why", "GET /"], ["replay", "--port", "0"]),
    *(["export", "--format", name, "-o", f"out-{name}"] for name in exports.names()),
]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_every_verb_says_alike_that_there_are_no_captures(
    words: list[str], invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = "there are no captures in 'captures': "
    without = invoke(*words)
    assert without.exit_code == 2
    assert without.stderr.count(told) == 1
    (tmp_path / "captures").mkdir()
    for place in ((), ("captures",)):
        empty = invoke(*words, *place)
        assert empty.stderr.count(told) == 1
        assert empty.exit_code in (0, 1)
        shutil.rmtree("out-parquet", ignore_errors=True)
        for path in tmp_path.glob("out-*"):
            path.unlink()


LISTENING = [
    *(["record"], ["record", "--reverse", "http://a.test"], ["auto", "captures"]),
    *(["replay"], ["replay", "--proxy"], ["replay", "--on-miss", "pass", "--origin", "http://a"]),
    *(["replay", "--tls"], ["view", "--no-open"]),
]


@pytest.mark.parametrize("words", LISTENING, ids=" ".join)
def test_every_verb_says_alike_that_a_port_is_taken(
    words: list[str], invoke: Invoke, folder: Path, confdir: Path
) -> None:
    own = [] if words[0] == "view" else ["--confdir", str(confdir)]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = invoke(*words, "--port", port, *own)
    assert result.exit_code == 1
    reason = os.strerror(errno.EADDRINUSE)
    told = f"Error: cannot listen on 127.0.0.1:{port}: {reason}; port 0 picks a free one"
    assert result.stderr.splitlines()[-1] == told


# A verb, the module that it lacks, and the extra that has it.
NEEDING = {
    "record": ("mitmproxy", "record"),
    "auto captures": ("mitmproxy", "record"),
    "replay --proxy": ("cryptography", "proxy"),
    "replay --proxy --on-miss pass": ("mitmproxy", "record"),
    "replay --tls": ("cryptography", "proxy"),
    "replay --browser --browser-path sh": ("cryptography", "proxy"),
    "import --format mitm captures/first.ssetape": ("mitmproxy", "record"),
    "doctor": ("mitmproxy", "record"),
    "view --no-open": ("starlette", "view"),
    "record --view": ("starlette", "view"),
    "query x": ("duckdb", "analysis"),
    "export --format parquet -o lake": ("pyarrow", "analysis"),
    "export --format otlp": ("opentelemetry.sdk.trace", "otlp"),
}


@pytest.mark.parametrize("words", NEEDING)
def test_every_verb_says_alike_what_to_install(
    words: str, invoke: Invoke, folder: Path, without: Callable[[str], None]
) -> None:
    module, extra = NEEDING[words]
    without(module)
    result = invoke(*words.split())
    assert result.exit_code == 1
    told = result.stdout + result.stderr
    install = f"pip install 'ssetape[{extra}]' (in a clone: uv sync --extra {extra})"
    assert told.count(install) == 1
    assert "not installed" in told


# --- what a browser has decoded ---------------------------------------------------------------

# Where these show the browser or the headers that were sent, others test it; spans have random ids.
SAYS_SO = {"har", "html", "jsonl", "otlp"}
READ_ALIKE = [
    *(["show", "--json"], ["show", "--raw"], ["show", "--chunks", "--json"], ["tail", "--json"]),
    *(["text"], ["text", "--json"], ["stats"], ["stats", "--json"], ["play", "--instant"]),
    *(["grep", "a", "--json"], ["ls"], ["ls", "--json"], ["scan"], ["why", "GET /stream"]),
    *(["query", "--json", f"select * from {table}"] for table in ("exchanges", "events")),
    *(["export", "--format", name] for name in exports.names() if name not in SAYS_SO),
]


@pytest.mark.parametrize("words", READ_ALIKE, ids=" ".join)
def test_what_a_browser_decoded_is_read_as_if_it_had_never_been_encoded(
    words: list[str], invoke: Invoke, tmp_path: Path, raw_capture: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    said = b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    browser = {"browser": "Chrome/156.0.8078.108", "target": "page", "chunks": "reads"}
    coding = [("content-encoding", "br"), ("content-length", "9")]
    read = []
    for name, fields in (("plain", {}), ("tapped", {"tapped": browser, "decoded": coding})):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        path = Path("a.ssetape")
        path.write_bytes(raw_capture([(0.1, said[:9]), (0.2, said[9:])], **fields))
        os.utime(path, (0, 0))
        result = invoke(*words, *(["-o", "out"] if words[0] == "export" else []), path)
        assert result.exit_code == 0, result.stderr
        found = {
            str(each): each.read_bytes()
            for each in Path().rglob("*")
            if each.is_file() and each != path
        }
        read.append((result.stdout, result.stderr, found))
    assert read[0] == read[1]
    assert any(read[0])


# --- labels that mean nothing -----------------------------------------------------------------

EVENT_STREAM = "text/event-stream"
MEANINGLESS = [
    *([("content-type", EVENT_STREAM), ("content-encoding", coding)] for coding in (
        "utf-8", "none", "identity", "aws-chunked", "", "binary, UTF-8", "chunked"
    )),
    *([("content-type", f"{EVENT_STREAM}{junk}")] for junk in (
        "; charset=latin-1", ";charset=nonsense", ";;", " charset=utf-8", "; charset", ",", ";é"
    )),
    [("content-type", f'"{EVENT_STREAM}"')],
    [("content-type", "")],
    [],
]  # fmt: skip


@pytest.mark.parametrize("headers", MEANINGLESS, ids=str)
def test_a_label_that_means_nothing_changes_nothing(
    headers: list[tuple[str, str]], invoke: Invoke, tmp_path: Path,
    raw_capture: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    said = 'data: {"model":"m","choices":[{"index":0,"delta":{"content":"é"}}]}\n\n'.encode()
    read = []
    for name, fields in (("plain", {}), ("odd", {"headers": headers})):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        Path("a.ssetape").write_bytes(raw_capture([(0.1, said[:9]), (0.2, said[9:])], **fields))
        for words in READ_ALIKE:
            if words[0] in ("ls", "query", "export"):
                continue  # which show the label itself
            result = invoke(*words, "a.ssetape")
            assert result.exit_code == 0, (words, result.stderr)
            read.append((words, result.stdout))
        for format_ in ("csv", "jsonl", "raw"):
            assert invoke("export", "--format", format_, "-o", "out", "a.ssetape").exit_code == 0
            lines = Path("out").read_text().splitlines()
            if format_ == "jsonl":  # which has the label in its line for the head
                lines = [line for line in lines if '"seq":null' not in line]
            read.append(([format_], lines))
            Path("out").unlink()
    half = len(read) // 2
    assert read[:half] == read[half:]


def test_people_are_told_that_a_coding_is_none(
    invoke: Invoke, capture_file: Callable[..., Path]
) -> None:
    path = capture_file([(0.1, b"data: a\n\n")], headers=MEANINGLESS[0])
    assert "(content-encoding 'utf-8' is none: read as it is)" in invoke("show", path).stdout


# --- what a terminal obeys -------------------------------------------------------------------

# A title, a clear screen, a bell, DEL, C1 controls, and every control of direction.
EVIL = "\x1b]0;owned\x07\x1b[2J\r\x7f\x9b31m\x85\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028"
# A person's own styles; all else is obeyed by nobody's wish.
OWN_STYLES = ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[7m", "\x1b[31m", "\x1b[32m", "\x1b[2J\x1b[H")

MAKING = ["protocol", "ttft", "stall", "tool", "usage", "stop", "path", "tokenizer", "text-file"]

ON_TERMINAL: dict[str, list[list[str]]] = {
    "addon": [["addon"], ["addon", EVIL]],
    "auto": [["auto", "*", *NOWHERE], ["auto", f"new{EVIL}", *NOWHERE]],
    "demo": [["demo", EVIL]],
    "diff": [["diff", "1", "2"], ["diff", "--json", "1", "2"], ["diff", "*", "*"]],
    "doctor": [["doctor", f"http://127.0.0.1:1/{EVIL}"], ["doctor", "-H", EVIL, "http://a"]],
    "edit": [
        ["edit", "1", "-o", f"{EVIL}.ssetape", "--drop", "event=9"],
        ["edit", "2", "-o", "new", "--set", EVIL],
        ["edit", "1", "-o", "-", "--speed", "2"],
        ["edit", EVIL, "-o", "new.ssetape", "--header", EVIL],
        ["edit", "1", "-o", f"{EVIL}new.ssetape", "--speed", "2"],
    ],
    "export": [["export", "--format", name, "1"] for name in exports.names()]
    + [["export", "--format", name, "-o", f"out{EVIL}", "*"] for name in exports.names()]
    + [["export", "--format", "csv", "--safe", "1"], ["export", "--format", EVIL]],
    "grep": [["grep", *words, "x", "*"] for words in ([], ["--json"], ["-l"], ["-c"], ["--text"])]
    + [["grep", f"({EVIL}", "*"]],
    "help": [["help"], ["help", "record"], ["help", EVIL]],
    "import": [["import", "1"], ["import", EVIL], ["import", "--json", "--url", "http://a/", "1"]],
    "ls": [["ls", "*"], ["ls", "--json", "*"], ["ls", f"--{EVIL}"]],
    "make": [["make", "-o", f"out{EVIL}"], ["make", "-o", f"{EVIL}.ssetape"]]
    + [["make", "-o", "x.ssetape", f"--{name}", EVIL] for name in MAKING],
    "play": [["play", "--instant", "1"], ["play", "--instant", "2"], ["play", EVIL]],
    "query": [
        ["query", *words, "select capture, data from events", "*"]
        for words in ([], ["--json"], ["--csv"], ["--csv", "--safe"])
    ]
    + [["query", f"select {EVIL}", "*"]],
    "tap": [["tap", "--attach", EVIL], ["tap", "--browser-path", EVIL], ["tap", "x", EVIL]],
    "record": [["record", "--set", EVIL], ["record", "--reverse", EVIL], ["record", f"--{EVIL}"]],
    "replay": [["replay", *NOWHERE, "*"], ["replay", "--fault", EVIL, "*"]],
    "scan": [["scan", "*"], ["scan", "--json", "*"], ["scan", "--mask", "*"]],
    "show": [
        ["show", *words, name]
        for words in ([], ["--json"], ["--raw"], ["--chunks"], ["--full"], ["--chunks", "--full"])
        for name in ("1", "2", "3")
    ],
    "stats": [["stats", "*"], ["stats", "--json", "*"], ["stats", "1"], ["stats", "--tools", "2"]],
    "tail": [["tail", "1"], ["tail", "--json", "2"], ["tail", "-f", "3"], ["tail", EVIL]],
    "text": [
        ["text", *words, "2"]
        for words in ([], ["--json"], ["--tools"], ["--reasoning"], ["--role", "user"])
    ]
    + [["text", "1"], ["text", "--role", EVIL, "2"]],
    "verify": [["verify", "--instant", "*"], ["verify", "--instant", "--json", "*"]],
    "view": [["view", EVIL], ["view", f"--{EVIL}"]],
    "why": [["why", f"GET /{EVIL}", "*"], ["why", "--json", "GET /", "*"], ["why", EVIL, "*"]],
}


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="")

    def isatty(self) -> bool:
        return True

    @property
    def sent(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()


@pytest.fixture(scope="module")
def evil_folder(
    tmp_path_factory: pytest.TempPathFactory, raw_capture: Callable[..., bytes]
) -> Path:
    """Captures of a plain stream, a chat and a WebSocket with EVIL wherever text can be."""
    folder = tmp_path_factory.mktemp("evil") / "captures"
    folder.mkdir()
    data = EVIL.replace("\r", "").replace("\x85", "")
    plain = f"event: {data}\nid: {data}\ndata: x{data}\n\n: {data}\n\n".encode() + b"data: \xff\n\n"
    common = {
        "method": f"GET{EVIL}",
        "url": f"http://x.test/{EVIL}",
        "reason": EVIL,
        "body": json.dumps(
            {"model": EVIL, "messages": [{"role": "user", "content": f"x{EVIL}"}]}
        ).encode(),
    }
    headers = [("content-type", f"text/event-stream; {EVIL}"), (f"x{EVIL}", EVIL)]
    (folder / f"1{data}.ssetape").write_bytes(
        raw_capture([(0.1, plain)], headers=headers, end=f"complete{EVIL}", **common)
    )
    tool = {"index": 0, "id": EVIL, "function": {"name": EVIL, "arguments": json.dumps(EVIL)}}
    deltas = [
        {"role": "assistant", "content": f"x{EVIL}", "reasoning_content": EVIL},
        {"tool_calls": [tool]},
    ]
    chat = b"".join(
        b"data: %b\n\n"
        % json.dumps(
            {
                "object": "chat.completion.chunk",
                "model": EVIL,
                "choices": [{"index": 0, "delta": delta, "finish_reason": EVIL}],
            },
            ensure_ascii=False,
        ).encode()
        for delta in deltas
    )
    common["url"] = "https://api.openai.com/v1/chat/completions"
    headers = [("content-type", "text/event-stream")]
    (folder / f"2{data}.ssetape").write_bytes(
        raw_capture([(0.1, chat)], headers=headers, end=f"upstream_cut{EVIL}", **common)
    )
    socket = raw_capture([(0.1, f"x{EVIL}".encode())], kind="websocket", status=101)
    close = {"code": 1000, "reason": EVIL, "by": "server"}
    end = json.dumps([0.3, "end", {"reason": "x", "error": EVIL, "close": close}])
    lines = socket.splitlines(keepends=True)
    (folder / f"3{data}.ssetape").write_bytes(b"".join(lines[:-1]) + end.encode() + b"\n")
    (folder / f"4{data}.ssetape").write_bytes(EVIL.encode())
    return folder


def test_every_verb_is_tried_on_a_terminal() -> None:
    assert set(ON_TERMINAL) == set(VERBS), "add the new verb to the table"


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_sends_a_terminal_nothing_that_it_obeys(
    verb: str, evil_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {path.name[0]: str(path) for path in evil_folder.iterdir()} | {"*": str(evil_folder)}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    for words in ON_TERMINAL[verb]:
        out, err = Terminal(), Terminal()
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        arguments = [places.get(word, word) if n else word for n, word in enumerate(words)]
        with pytest.raises(SystemExit):
            cli.main.main(arguments, prog_name="ssetape")
        monkeypatch.undo()
        monkeypatch.chdir(tmp_path)
        sent = out.sent + err.sent
        assert sent, words
        assert "Traceback" not in sent
        for own in OWN_STYLES:
            sent = sent.replace(own, "")
        obeyed = {c for c in sent if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")}
        assert obeyed <= {"\n", "\t"}, (words, sent)
        if "--json" in words:
            for line in filter(None, out.sent.split("\n")):
                json.loads(line)


@pytest.mark.parametrize(
    "words",
    [words for verb in ON_TERMINAL.values() for words in verb if "--json" in words],
    ids=lambda words: " ".join(words).encode("unicode_escape").decode(),
)
def test_json_means_the_same_on_a_terminal_and_in_a_pipe(
    words: list[str], evil_folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {path.name[0]: str(path) for path in evil_folder.iterdir()} | {"*": str(evil_folder)}
    arguments = [places.get(word, word) for word in words]
    piped = invoke(*arguments).stdout.rstrip("\n").split("\n")
    out = Terminal()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        with pytest.raises(SystemExit):
            cli.main.main(arguments, prog_name="ssetape")
    shown_lines = out.sent.rstrip("\n").split("\n")
    assert len(shown_lines) == len(piped)
    for shown_line, piped_line in zip(shown_lines, piped, strict=True):
        if not piped_line or words[0] in ("verify", "scan"):  # which measure and mask again
            continue
        assert json.loads(shown_line) == json.loads(piped_line)


@pytest.mark.parametrize("name", ["1", "2"])
def test_a_pipe_gets_the_bytes_as_they_are(name: str, evil_folder: Path, invoke: Invoke) -> None:
    (path,) = evil_folder.glob(f"{name}*")
    body = b"".join(chunk.data for chunk in Capture(path).chunks())
    assert invoke("show", "--raw", path).stdout_bytes == body
    assert invoke("export", "--format", "raw", path).stdout_bytes == body


def test_only_one_place_writes_to_stdout_itself() -> None:
    """`ssetape/cli/terminal` decides what a terminal gets; a verb goes through it."""
    folder = Path(cli.__file__).parent
    around = [
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if path.parent.name != "terminal"
        and any(way in path.read_text("utf-8") for way in ("stdout.buffer", "stdout.write"))
    ]
    assert around == []


# --- all who show messages show the same -----------------------------------------------------

BODIES = [
    ("text/event-stream", b": c\ndata: a\n\nid: 1\r\ndata: b\r\n\r\ndata: cut", ["a", "b"]),
    ("text/plain", b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    ("application/x-ndjson", b'{"a":1}\r\n\n{"a":2}', ['{"a":1}', '{"a":2}']),
    ("application/json", b'{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']),
    ("application/json", b'{\n"a":1\n}\n', ['{\n"a":1\n}']),
    ("application/json", b'[{"a":"]"}\n,\r\n[2]]', ['{"a":"]"}', "[2]"]),
    ("text/plain", b'0:"a"\ne:{}\n', ['0:"a"', "e:{}"]),
    ("text/html", b"<p>data: a\n\n</p>", []),
]


@pytest.mark.parametrize(("content_type", "body", "data"), BODIES)
def test_every_verb_has_the_same_messages(
    content_type: str,
    body: bytes,
    data: list[str],
    capture_file: Write,
    invoke: Callable[..., Result],
) -> None:
    path = capture_file(
        [(0.5, body[:20]), (1.0, body[20:])], headers=[("content-type", content_type)]
    )
    assert [message.data for message in messages_of(Capture(path))] == data
    assert Capture(path).measure().events == len(data)

    def lines(*words: object) -> list[dict[str, Any]]:
        return [json.loads(line) for line in invoke(*words).stdout.splitlines()]

    shown = lines("show", "--json", path)
    assert [line["data"] for line in shown] == data
    assert lines("tail", "--json", path) == shown
    assert lines("tail", "-f", "--json", path) == shown
    (counted,) = lines("query", "--json", "select events, first_event_s from exchanges", path)
    assert counted["events"] == len(data)
    assert counted["first_event_s"] == (shown[0]["t"] if shown else None)
    rows = lines("query", "--json", "select t_s, data from events order by seq", path)
    assert [(row["t_s"], row["data"]) for row in rows] == [(s["t"], s["data"]) for s in shown]


def test_what_is_followed_is_printed_as_what_is_shown(
    capture_file: Write, invoke: Callable[..., Result]
) -> None:
    body = b": hi\nid: 7\nretry: 5\nevent: e\ndata: a\n\n: between\ndata: b\n\n"
    path = capture_file([(0.5, body)])
    shown = invoke("show", path)
    for words in (["tail", path], ["tail", "-f", path]):
        told = invoke(*words)
        assert (told.stdout, told.stderr) == (shown.stdout, shown.stderr)
    assert ": hi" in shown.stdout
    assert "e #7 retry=5" in shown.stdout
