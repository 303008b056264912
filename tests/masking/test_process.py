import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.masking.process import serve

KEY = b"sk-ant-api03-a1B2c3D4e5F6g7H8i9J0"


def question(path: object, *names: str) -> bytes:
    return json.dumps({"path": str(path), "names": names}).encode() + b"\n"


def answers(*paths: object) -> list[dict[str, Any]]:
    asked = io.BytesIO(b"".join(question(path) for path in paths))
    said = io.BytesIO()
    serve(asked, said)
    return [json.loads(line) for line in said.getvalue().splitlines()]


def test_each_path_is_answered(capture_file: Callable[..., Path]) -> None:
    secret = capture_file([(0.1, b"data: " + KEY + b"\n\n")])
    plain = capture_file([(0.1, b"data: a\n\n")])
    broken = capture_file(b"no capture\n")
    found = answers(secret, plain, plain.with_name("gone"), broken)
    assert found[:3] == [{"count": 1}, {"count": 0}, {"count": None}]
    assert found[3].keys() == {"error"}
    assert KEY not in secret.read_bytes()
    assert broken.read_bytes() == b"no capture\n"


def test_a_name_may_have_any_bytes(capture_file: Callable[..., Path], tmp_path: Path) -> None:
    odd = tmp_path / "a\udcff\nb.ssetape"
    capture_file([(0.1, KEY)]).rename(odd)
    assert answers(odd) == [{"count": 1}]


def test_without_a_place_for_the_salt_it_says_so_once(
    capture_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    first, second = answers(capture_file([(0.1, KEY)]), capture_file([(0.1, KEY)]))
    assert "cannot keep a salt" in first["warning"]
    assert second == {"count": 1}


def test_it_ends_quietly_if_the_recorder_was_killed(capture_file: Callable[..., Path]) -> None:
    words = [sys.executable, "-c", "from ssetape.masking.process import main; main()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(question(capture_file([(0.1, KEY)])))
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_more_names_are_masked_where_they_are_asked_for(capture_file: Callable[..., Path]) -> None:
    paths = [capture_file([(0.1, b'{"oai_device_id": "abc"}')]) for _ in range(2)]
    asked = io.BytesIO(question(paths[0], "oai-device-id") + question(paths[1]))
    said = io.BytesIO()
    serve(asked, said)
    assert [json.loads(line) for line in said.getvalue().splitlines()] == [
        {"count": 1},
        {"count": 0},
    ]
