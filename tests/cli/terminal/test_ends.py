"""How `ssetape ls` and `ssetape show` show WebSockets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]

LINES = b"""[0.5, ">", "hi \\u001b[0m"]
[0.75, "<b", "AP8=", {"dropped": true}]
[1.0, "<", "bye", {"injected": true}]
"""
END = b"""[1.5, "end", {"reason": "complete",
 "close": {"code": 1000, "reason": "ok", "by": "server"}, "chunks": 3, "bytes": 12}]
""".replace(b"\n ", b" ")


@pytest.fixture
def websocket(capture_file: Callable[..., Path]) -> Path:
    url = "wss://chat.test/socket"
    return capture_file(
        kind="websocket", url=url, status=101, headers=[], head_s=0.25, end=None, tail=LINES + END
    )


def test_messages_are_shown_with_an_arrow_for_their_direction(
    invoke: Invoke, websocket: Path
) -> None:
    result = invoke("show", websocket)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "GET wss://chat.test/socket HTTP/1.1"
    assert [line.split(maxsplit=2)[2] for line in lines[2:-1]] == [
        "->        7 B  hi \\x1b[0m",
        "<-        2 B binary dropped  00 ff",
        "<-        3 B injected  bye",
    ]
    assert lines[-1].endswith("complete, 1000 'ok' by the server")


def test_json_is_a_line_a_message_with_always_the_same_keys(
    invoke: Invoke, websocket: Path
) -> None:
    result = invoke("show", "--json", websocket)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    keys = ["t", "from", "type", "size", "data", "base64", "dropped", "injected", "said"]
    assert [list(line) for line in lines] == [keys] * 3
    assert [list(line.values()) for line in lines] == [
        [0.5, "client", "text", 7, "hi \x1b[0m", None, False, False, None],
        [0.75, "server", "binary", 2, None, "AP8=", True, False, None],
        [1.0, "server", "text", 3, "bye", None, False, True, None],
    ]


@pytest.mark.parametrize("option", ["--raw", "--chunks"])
def test_chunks_and_raw_bytes_are_refused(option: str, invoke: Invoke, websocket: Path) -> None:
    result = invoke("show", option, websocket)
    assert result.exit_code == 2
    assert "leave out --chunks and --raw" in result.stderr


@pytest.mark.parametrize("has_end", [True, False])
def test_it_is_listed_with_its_messages(
    has_end: bool, invoke: Invoke, capture_file: Callable[..., Path]
) -> None:
    lines = LINES + (END if has_end else b"")
    path = capture_file(kind="websocket", status=101, headers=[], end=None, tail=lines)
    listed = json.loads(invoke("ls", "--json", path).stdout)
    assert (listed["kind"], listed["status"], listed["chunks"]) == ("websocket", 101, 3)
    assert listed["bytes"] == 12
    assert listed["duration_s"] == (1.5 if has_end else 1.0)
    assert "101" in invoke("ls", path).stdout


def test_a_tapped_capture_says_what_the_browser_did(
    invoke: Invoke, capture_file: Callable[..., Path]
) -> None:
    path = capture_file(
        [(0.5, b"data: x\n\n")],
        tapped={"browser": "Chrome/156.0.8078.108\x1b", "target": "page", "chunks": "reads"},
        decoded=[("content-encoding", "br"), ("content-length", "312")],
        from_cache=True,
        end="tab_closed",
    )
    for words in (["show"], ["show", "--chunks"], ["show", "--full"], ["tail"]):
        lines = invoke(*words, path).stdout.splitlines()
        assert lines[1] == (
            "recorded in the browser (Chrome/156.0.8078.108\\x1b, page); "
            "chunks are the browser's reads"
        )
        assert lines[2].endswith(
            "text/event-stream (content-encoding br, decoded by the browser; "
            "from the browser's cache)"
        )
        assert lines[-1].endswith(" tab_closed")


def test_what_the_client_got_under_faults_is_the_last_line(
    invoke: Invoke, capture_file: Callable[..., Path]
) -> None:
    end = {"reason": "complete", "altered": True, "faults": ["drop event=1"]}
    end["client"] = {"t": 1.25, "reason": "complete", "events": 1, "bytes": 9}
    tail = json.dumps([1.0, "end", end]).encode() + b"\n"
    path = capture_file([(0.5, b"data: a\n\ndata: b\n\n")], end=None, tail=tail)
    lines = invoke("show", path).stdout.splitlines()
    assert lines[-2].endswith("complete")
    assert lines[-1] == (
        "the client got events: 1, bytes: 9, and complete at 1.250 s, with the faults drop event=1"
    )
