import shlex
import subprocess
from pathlib import Path

import pytest

from ssetape.testing.why_command import why_command

# Prints its arguments and its stdin, as a shell sees them.
SEEN = 'ssetape() { printf "[%s]" "$@"; case " $* " in *" - "*) printf "<"; cat; esac; }\n'
MATCHING = ["--match", "exact", "--ignore-query", "t s"]


def run(command: str) -> bytes:
    return subprocess.run(["sh", "-c", SEEN + command], capture_output=True, check=True).stdout


def test_without_a_body_it_is_the_request_the_rung_and_the_captures() -> None:
    command = why_command("GET /a?b=1&c='", b"", MATCHING, ["x y.ssetape"])
    arguments = ["why", "GET /a?b=1&c='", *MATCHING, "x y.ssetape"]
    assert run(command).decode() == "".join(f"[{each}]" for each in arguments)


@pytest.mark.parametrize(
    "body",
    [b'{"a": "it\'s"}', "é %s \\n $HOME `x` !".encode(), b"two\nlines\n", b"-n", b"x" * 1000],
)
def test_a_short_body_comes_with_the_command(body: bytes) -> None:
    command = why_command("POST /", body, MATCHING, ["a"])
    arguments = ["why", "POST /", "--body", "-", *MATCHING, "a"]
    assert run(command) == "".join(f"[{each}]" for each in arguments).encode() + b"<" + body


@pytest.mark.parametrize("body", [b"x" * 1001, b"\xff\x00", b"\x1b[2J", b"a\r\n"])
def test_any_other_body_is_kept_in_a_file_of_this_user(
    body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    words = shlex.split(why_command("POST /", body, MATCHING, ["a"]))
    path = Path(words[words.index("--body") + 1])
    assert path.read_bytes() == body
    assert path.stat().st_mode & 0o777 == 0o600


def test_many_captures_are_named_by_their_folder() -> None:
    command = why_command("GET /", b"", [], [f"captures/{n}.ssetape" for n in range(4)])
    assert command == "ssetape why 'GET /' captures"
