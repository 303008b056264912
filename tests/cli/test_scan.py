"""`ssetape scan`."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

import ssetape

Raw = Callable[..., bytes]
Invoke = Callable[..., Result]

KEY = "sk-ant-api03-0123456789abcdefXYZ"


def test_a_secret_is_told_and_not_shown(tmp_path: Path, raw_capture: Raw, invoke: Invoke) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(0.25, f"data: {KEY[:9]}".encode()), (1.5, KEY[9:].encode())]))
    result = invoke("scan", path)
    assert result.exit_code == 1
    assert "anthropic-key" in result.stdout
    assert str(path) in result.stdout
    assert "0.250" in result.stdout
    assert KEY not in result.stdout
    assert result.stderr == "ssetape: captures: 1, likely secrets: 1\n"


def test_programs_get_an_object_a_finding(tmp_path: Path, raw_capture: Raw, invoke: Invoke) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(0.25, f"data: {KEY} {KEY}x".encode())]))
    result = invoke("scan", "--json", tmp_path)
    assert result.exit_code == 1
    first, second = map(json.loads, result.stdout.splitlines())
    assert first == {
        "path": str(path),
        "t": 0.25,
        "place": "body",
        "pattern": "anthropic-key",
        "hint": "sk-ant-a… (32 bytes)",
    }
    assert second["hint"] == "sk-ant-a… (33 bytes)"


def test_nothing_found_is_fine(tmp_path: Path, raw_capture: Raw, invoke: Invoke) -> None:
    (tmp_path / "a.ssetape").write_bytes(raw_capture([(0.25, b"data: x\n\n")]))
    result = invoke("scan", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")


def test_what_cannot_be_read_is_told_and_the_rest_is_scanned(
    tmp_path: Path, raw_capture: Raw, invoke: Invoke
) -> None:
    (tmp_path / "a.ssetape").write_bytes(b"no capture\n")
    headers = [["content-encoding", "gzip"]]
    (tmp_path / "b.ssetape").write_bytes(raw_capture([(0.1, b"no gzip")], headers=headers))
    (tmp_path / "c.ssetape").write_bytes(raw_capture([(0.25, KEY.encode())]))
    result = invoke("scan", tmp_path)
    assert result.exit_code == 1
    assert "a.ssetape, line 1: not a capture" in result.stderr
    assert "b.ssetape" in result.stderr
    assert "c.ssetape" in result.stdout


def test_what_is_masked_is_gone_and_the_rest_as_it_was(
    tmp_path: Path, raw_capture: Raw, invoke: Invoke
) -> None:
    path = tmp_path / "a.ssetape"
    pieces = [(0.25, f"data: {KEY[:9]}".encode()), (1.5, f"{KEY[9:]}\n\n".encode())]
    path.write_bytes(raw_capture(pieces))
    result = invoke("scan", "--mask", path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{path}: masked in 1 place\n" in result.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    first, second = ssetape.open(path).chunks()
    assert (first.t_s, len(first.data)) == (0.25, len(pieces[0][1]))
    assert (second.t_s, len(second.data)) == (1.5, len(pieces[1][1]))
    body = first.data + second.data
    assert body.startswith(b"data: masked-")
    assert body.endswith(b"\n\n")
    assert KEY[9:].encode() not in path.read_bytes()
    (line,) = invoke("verify", "--instant", "--json", path).stdout.splitlines()
    assert json.loads(line)["equal"] is True


def test_what_cannot_be_searched_is_told(tmp_path: Path, raw_capture: Raw, invoke: Invoke) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(0.25, b"no gzip")], headers=[["content-encoding", "gzip"]]))
    before = path.read_bytes()
    result = invoke("scan", "--mask", path)
    assert result.exit_code == 1
    assert "the body was not searched" in result.stderr
    assert path.read_bytes() == before
    assert invoke("scan", "--mask", "-").exit_code == 2


def test_a_secret_in_an_encoded_body_is_masked(
    tmp_path: Path, raw_capture: Raw, invoke: Invoke
) -> None:
    path = tmp_path / "a.ssetape"
    body = gzip.compress(f"data: {KEY}".encode())
    path.write_bytes(raw_capture([(0.25, body)], headers=[["content-encoding", "gzip"]]))
    assert "anthropic-key" in invoke("scan", path).stdout
    assert invoke("scan", "--mask", path).exit_code == 0
    assert KEY.encode() not in path.read_bytes()


def test_a_capture_that_may_still_grow_is_not_replaced(
    tmp_path: Path, raw_capture: Raw, invoke: Invoke
) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture([(0.25, KEY.encode())], end=None))
    before = path.read_bytes()
    result = invoke("scan", "--mask", path)
    assert result.exit_code == 1
    assert "it may still be recording" in result.stderr
    assert "anthropic-key" in result.stdout
    assert path.read_bytes() == before
