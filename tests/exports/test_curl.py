import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.exports import curl
from ssetape.format.values import Request

HEADERS = [
    ("Host", "a.test"),
    ("Content-Length", "5"),
    ("X-Quote", 'it\'s "so" $HOME `id` \\'),
    ("X-Empty", ""),
    ("Authorization", "masked"),
]


def words_of(command: str, tmp_path: Path, **variables: str) -> tuple[list[str], bytes]:
    """What a shell gives to curl: its words, and its stdin."""
    program = tmp_path / "curl"
    program.write_text(
        f"#!{sys.executable}\nimport sys, json, pathlib\n"
        "data = sys.stdin.buffer.read() if '@-' in sys.argv else b''\n"
        "print(json.dumps([sys.argv[1:], data.hex()]))\n"
    )
    program.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    done = subprocess.run(
        ["sh", "-c", command], env={"PATH": path, **variables}, capture_output=True, check=True
    )
    words, data = json.loads(done.stdout)
    return words, bytes.fromhex(data)


@pytest.mark.parametrize(
    "body",
    [b'{"a": "it\'s"}\n', b"@file", b"\x00\xff'", "café $HOME `id`".encode(), None],
    ids=["text", "at sign", "bytes", "shell", "none"],
)
def test_a_shell_gives_curl_the_request_as_it_was(body: bytes | None, tmp_path: Path) -> None:
    request = Request("POST", "https://a.test/x?q='a'&b=$c", "", HEADERS, body, ("authorization",))
    words, data = words_of(curl.command(request), tmp_path, AUTHORIZATION="Bearer x")
    assert words[:2] == ["-N", "https://a.test/x?q='a'&b=$c"]
    assert words[words.index("-H") + 1] == 'X-Quote: it\'s "so" $HOME `id` \\'
    assert "X-Empty;" in words
    assert "Authorization: Bearer x" in words
    assert not any(word.startswith(("Host", "Content-Length")) for word in words)
    if body is None:
        assert words[2:4] == ["-X", "POST"]
    else:
        given = words[words.index("--data-binary") + 1]
        assert (data if given == "@-" else given.encode()) == body


def test_what_was_masked_has_to_be_put_back(tmp_path: Path) -> None:
    request = Request(
        "GET",
        "https://a.test/",
        "",
        [("Cookie", "m")],
        None,
        ("cookie",),
        ("key",),
        False,
        ((0, 1),),
    )
    command = curl.command(request)
    assert "# the URL was masked" in command
    assert "# the body was masked" in command
    done = subprocess.run(["sh", "-c", command], capture_output=True)
    assert done.returncode != 0
    assert b"COOKIE" in done.stderr


def test_a_file_has_a_command_a_capture(
    capture_file: Callable[..., Path], written: Callable[..., Any], socket: Capture
) -> None:
    text, problem = written(curl, Capture(capture_file([])), Capture(capture_file([])))
    assert (text.count(b"curl -N"), problem) == (2, "")
    assert "is a WebSocket capture" in written(curl, socket)[1]
    assert "http://else.test/" in curl.command(
        Capture(capture_file([])).request, "http://else.test/"
    )
