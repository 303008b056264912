"""`ssetape verify`."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import TIMEOUT_S, environment

Write = Callable[..., Path]
Raw = Callable[..., bytes]
Invoke = Callable[..., Result]

KEYS = [
    "path",
    "equal",
    "bytes_equal",
    "boundaries_equal",
    "headers_equal",
    "end_equal",
    "chunks",
    "head_error_ms",
    "error_p50_ms",
    "error_p99_ms",
    "error_max_ms",
    "differences",
]
CHUNKS = [(0.05, b"data: caf\xc3"), (0.1, b"\xa9\r"), (0.1, b"\n\r\n"), (0.15, b"data: x\n\n")]


@pytest.mark.parametrize("end", ["complete", "upstream_cut", None], ids=str)
def test_a_capture_that_replays_as_it_was_recorded_is_equal(
    end: str | None, invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file(CHUNKS, head_s=0.02, end=end)
    result = invoke("verify", "--json", path)
    assert (result.exit_code, result.stderr) == (0, "")
    line = json.loads(result.stdout)
    assert list(line) == KEYS
    times = {key: line.pop(key) for key in KEYS if key.endswith("_ms")}
    assert line == {
        "path": str(path),
        "equal": True,
        "bytes_equal": True,
        "boundaries_equal": True,
        "headers_equal": True,
        "end_equal": True,
        "chunks": 4,
        "differences": [],
    }
    # Late by what the machine is busy with, early by nothing.
    assert times["head_error_ms"] >= 0
    assert 0 <= times["error_p50_ms"] <= times["error_p99_ms"] <= times["error_max_ms"]


def test_people_get_a_table_with_units_and_the_times_explained(
    invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file(CHUNKS)
    result = invoke("verify", "--instant", path)
    assert (result.exit_code, result.stderr) == (0, "")
    heading, row, legend = result.stdout.splitlines()
    assert heading.split() == [
        *("bytes", "boundaries", "headers", "end"),
        *("chunks", "head", "p50", "p99", "max", "file"),
    ]
    words = row.split()
    assert words[:5] == ["equal"] * 4 + ["4"]
    assert words[-1] == str(path)
    assert "ms" in legend


def test_a_capture_without_chunks_has_no_times_for_them(
    invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file()
    line = json.loads(invoke("verify", "--json", path).stdout)
    assert line["equal"]
    assert line["error_p50_ms"] is line["error_p99_ms"] is line["error_max_ms"] is None
    assert " - " in invoke("verify", path).stdout


def test_boundaries_that_http_does_not_show_are_said_not_to_be_shown(
    invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file([(0.0, b"12"), (0.0, b"345")], headers=[("content-length", "5")])
    assert json.loads(invoke("verify", "--json", path).stdout)["boundaries_equal"] is None
    result = invoke("verify", path)
    assert result.exit_code == 0
    assert "not shown" in result.stdout


def test_what_does_not_replay_as_recorded_is_told_and_fails(
    invoke: Invoke, capture_file: Write
) -> None:
    """Recorded as complete, though shorter than its Content-Length: no server can send that."""
    path = capture_file([(0.0, b"123")], headers=[("content-length", "5")])
    result = invoke("verify", path)
    assert result.exit_code == 1
    assert "DIFFER" in result.stdout
    assert f"{path}: end: recorded as complete, replayed as cut" in result.stderr
    as_json = invoke("verify", "--json", path)
    assert as_json.exit_code == 1
    line = json.loads(as_json.stdout)
    assert (line["equal"], line["end_equal"], line["bytes_equal"]) == (False, False, True)
    assert line["differences"] == ["end: recorded as complete, replayed as cut"]


UNUSABLE: dict[str, tuple[dict[str, object], str]] = {
    "no response head": ({"status": None}, "it has no response head"),
    "another kind": ({"kind": "later"}, "cannot replay a capture of kind 'later'"),
    "an interim status": ({"status": 101}, "status 101 does not belong to a final response"),
    "a header that is two": (
        {"headers": [("x", "1\r\nset-cookie: y")]},
        "is not legal in HTTP",
    ),
    "a damaged body": ({"tail": b"damage\n", "end": None}, "line 7: expected a record"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_capture_that_cannot_be_replayed_is_told_and_fails_and_the_others_are_verified(
    what: str, invoke: Invoke, tmp_path: Path, raw_capture: Raw
) -> None:
    fields, message = UNUSABLE[what]
    (tmp_path / "a-good.ssetape").write_bytes(raw_capture(CHUNKS))
    (tmp_path / "b-bad.ssetape").write_bytes(raw_capture(CHUNKS, **fields))
    (tmp_path / "c-good.ssetape").write_bytes(raw_capture(CHUNKS))
    result = invoke("verify", "--instant", "--json", tmp_path)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "b-bad.ssetape" in result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(line["path"]).name for line in lines] == ["a-good.ssetape", "c-good.ssetape"]
    assert all(line["equal"] for line in lines)


def test_a_websocket_is_verified_like_the_others(
    invoke: Invoke, tmp_path: Path, raw_capture: Raw
) -> None:
    (tmp_path / "a.ssetape").write_bytes(
        raw_capture(CHUNKS, kind="websocket", status=101, end="upstream_cut")
    )
    (tmp_path / "b.ssetape").write_bytes(raw_capture(CHUNKS))
    both = invoke("verify", "--instant", "--json", tmp_path)
    assert (both.exit_code, both.stderr) == (0, "")
    lines = [json.loads(line) for line in both.stdout.splitlines()]
    assert [Path(line["path"]).name for line in lines] == ["a.ssetape", "b.ssetape"]
    assert [(line["equal"], line["chunks"]) for line in lines] == [(True, 4)] * 2


def test_a_file_that_is_no_capture_fails_and_the_others_are_verified(
    invoke: Invoke, tmp_path: Path, raw_capture: Raw
) -> None:
    (tmp_path / "a.ssetape").write_text("hello\n")
    (tmp_path / "b.ssetape").write_bytes(raw_capture(CHUNKS))
    result = invoke("verify", "--instant", tmp_path)
    assert result.exit_code == 1
    assert "not a capture" in result.stderr
    assert "b.ssetape" in result.stdout


def test_to_verify_nothing_is_told(invoke: Invoke, tmp_path: Path) -> None:
    """In silence, a mistyped folder would pass every check."""
    result = invoke("verify", tmp_path)
    assert "no captures" in result.stderr


def test_a_torn_line_is_told_by_verify_too(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file(CHUNKS, end=None, tail=b'[3.0, "<", "da')
    result = invoke("verify", "--instant", path)
    assert result.exit_code == 0
    assert "torn" in result.stderr


def test_results_come_in_the_order_asked_however_many_run_at_once(
    invoke: Invoke, tmp_path: Path, raw_capture: Raw
) -> None:
    waits_s = [0.3, 0.0, 0.2, 0.1]
    for number, wait_s in enumerate(waits_s):
        path = tmp_path / f"{number}.ssetape"
        path.write_bytes(raw_capture([(wait_s, b"data: x\n\n")]))
    for jobs in ("1", "9"):
        lines = invoke("verify", "--json", "--jobs", jobs, tmp_path).stdout.splitlines()
        paths = [json.loads(line)["path"] for line in lines]
        assert paths == sorted(paths)
        assert len(paths) == 4


def test_a_damaged_capture_leaves_no_socket_open(capture_file: Write) -> None:
    path = capture_file(CHUNKS, end=None, tail=b"damage\n")
    outcome = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "ssetape", "verify", "--instant", str(path)],
        capture_output=True,
        env=environment(),
        timeout=TIMEOUT_S,
        check=False,
    )
    assert outcome.returncode == 1
    assert b"Warning" not in outcome.stderr


def test_no_jobs_at_all_is_misuse(invoke: Invoke, capture_file: Write) -> None:
    assert invoke("verify", "--jobs", "0", capture_file()).exit_code == 2


def test_long_waits_can_be_shortened(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(300.0, b"data: x\n\n"), (600.0, b"data: y\n\n")], head_s=100.0)
    for words in (["--instant"], ["--speed", "10000"], ["--max-gap", "0.05"]):
        result = invoke("verify", *words, path)
        assert result.exit_code == 0, result.output


def test_a_masked_query_is_verified_like_any_other(invoke: Invoke, capture_file: Write) -> None:
    url = "http://origin.test/stream?key=MASKED&q=caf%C3%A9+au+lait"
    path = capture_file(CHUNKS, url=url, masked_query=["key"], method="POST", body=b'{"a": 1}')
    assert invoke("verify", "--instant", path).exit_code == 0
