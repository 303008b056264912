import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
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


class _Kept(BaseHTTPRequestHandler):
    """Keeps the request as it came, and answers."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                self.close_connection = True
                return
            head += line
        length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
        body = self.rfile.read(int(length[1])) if length else b""
        self.server.came.append((head, body))  # type: ignore[attr-defined]
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        self.wfile.write(b"" if head.startswith(b"HEAD ") else b"ok")


@pytest.fixture(scope="module")
def keeper() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Kept) as server:
        server.came = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run_by_curl(request: Request, keeper: HTTPServer, shell: str) -> tuple[bytes, bytes]:
    """What a real curl sends: the head, and the body."""
    keeper.came.clear()  # type: ignore[attr-defined]
    done = subprocess.run(
        [shell],
        input=curl._encoded(curl.command(request)),
        capture_output=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    (came,) = keeper.came  # type: ignore[attr-defined]
    return came  # type: ignore[no-any-return]


TARGETS = [
    "/plain",
    "/a[1-3]{x,y}?q=[]{}",
    "/../../etc/passwd",
    "/a/./b/..",
    "/$(id)`id`$HOME;id|id&id>x<y",
    "/'quote'\"double\"\\back!bang",
    "/%00%0a%ff~*?#".rstrip("#"),
    "/@file?@file=-o",
]
VALUES = [
    "plain",
    'it\'s "so" $HOME `id` \\ !! $(id)',
    "@/etc/passwd",
    "-o /etc/passwd",
    "caf\u00c3\u00a9",  # UTF-8, as captures have it
    "caf\u00e9",  # Latin-1
    "trail;",
    "\u0001\u007f",
]
BODIES = [
    None,
    b"{}",
    b'it\'s "so" $HOME `id` \\\n\r\n\t',
    b"@/etc/passwd",
    b"\0\xff'\n",
    b"-o x",
    "caf\u00e9".encode(),
    b"x" * 200_000,
    b"y" * 1_100_000,
]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_real_curl_sends_exactly_the_request(shell: str, keeper: HTTPServer) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    origin = f"http://127.0.0.1:{keeper.server_port}"
    requests = [("GET", target, "v", None) for target in TARGETS]
    requests += [("GET", "/", value, None) for value in VALUES]
    requests += [("POST", "/", "v", body) for body in BODIES]
    requests += [(method, "/", "v", None) for method in ("HEAD", "DELETE", "-o", "PURGE'")]
    requests += [("PUT", "/", "v", b"x")]
    for method, target, value, body in requests:
        sent = [("X-Value", value), ("x-Empty", ""), ("3d", "x")]
        request = Request(method, origin + target, "", sent, body)
        head, came = run_by_curl(request, keeper, shell)
        line, *headers = head[:-4].split(b"\r\n")
        assert line == f"{method} {target} HTTP/1.1".encode()
        assert came == (body or b"")
        kept = [h for h in headers if not h.lower().startswith((b"host:", b"content-length:"))]
        assert kept == [b"X-Value: " + value.encode("latin-1"), b"x-Empty:", b"3d: x"]


EVIL = "\r\nX-Injected: yes\n$(id)"


def test_what_no_request_can_have_is_left_out_and_named() -> None:
    headers = [(f"A{EVIL}", "x"), ("@/etc/passwd", "x"), ("X-B", f"x{EVIL}"), ("X-C", "a\0b")]
    command = curl.command(Request(f"GET{EVIL}", "-o/etc/passwd", "", headers, None))
    lines = command.splitlines()
    assert len([line for line in lines if line.startswith("# left out")]) == 5
    assert not [line for line in lines if line.startswith("X-Injected")]
    assert "curl -N --url -o/etc/passwd" in command
    assert "passwd: x" not in command


def test_a_variable_of_a_masked_header_is_one_for_the_shell(tmp_path: Path) -> None:
    request = Request("GET", "https://a.test/", "", [("2fa-token", "m")], None, ("2fa-token",))
    words, _ = words_of(curl.command(request), tmp_path, _2FA_TOKEN="s")
    assert "2fa-token: s" in words
