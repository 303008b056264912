"""MSW's handlers, run by MSW itself in Node where it is installed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.exports import msw

Write = Callable[..., Path]
MODULES = os.environ.get("SSETAPE_NODE_MODULES")

PROGRAM = """\
import { setupServer } from 'msw/node'
import { handlers, pace } from './handlers.mjs'
pace.speed = Number(process.argv[2])
setupServer(...handlers).listen()
const startedMs = performance.now()
const pieces = []
let failed = null, status = null, type = null
try {
  const response = await fetch('http://origin.test/stream?x=1', { method: 'POST' })
  status = response.status
  type = response.headers.get('content-type')
  for await (const piece of response.body) {
    pieces.push([performance.now() - startedMs, Buffer.from(piece).toString('hex')])
  }
} catch (error) { failed = String(error.cause ?? error) }
console.log(JSON.stringify({ status, type, pieces, failed }))
process.exit(0)
"""


def in_node(handlers: bytes, folder: Path, speed: str) -> dict[str, Any]:
    if not MODULES or not (Path(MODULES) / "msw").exists() or shutil.which("node") is None:
        pytest.skip("no node, or no msw in $SSETAPE_NODE_MODULES: npm install msw")
    (folder / "handlers.mjs").write_bytes(handlers)
    (folder / "run.mjs").write_text(PROGRAM)
    (folder / "node_modules").symlink_to(MODULES)
    done = subprocess.run(
        ["node", "run.mjs", speed], cwd=folder, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


CHUNKS = [(0.2, b"data: caf\xc3"), (0.6, b"\xa9\n\n"), (0.7, b"data: </script>\n\n")]


@pytest.mark.programs
def test_the_stream_comes_with_its_chunks_at_their_moments(
    capture_file: Write, written: Callable[..., Any], tmp_path: Path
) -> None:
    capture = Capture(capture_file(CHUNKS, method="POST", head_s=0.1, end_s=0.8))
    code, problem = written(msw, capture)
    assert problem == ""
    found = in_node(code, tmp_path, "1")
    assert (found["status"], found["type"], found["failed"]) == (200, "text/event-stream", None)
    assert [bytes.fromhex(piece) for _, piece in found["pieces"]] == [data for _, data in CHUNKS]
    for (t_ms, _), (t_s, _) in zip(found["pieces"], CHUNKS, strict=True):
        assert t_ms >= t_s * 1000 - 2  # timers of Node may be a millisecond early


@pytest.mark.programs
def test_a_stream_that_was_cut_is_cut_and_a_missing_head_is_an_error(
    capture_file: Write, written: Callable[..., Any], tmp_path: Path
) -> None:
    cut = Capture(capture_file(CHUNKS, method="POST", end="upstream_cut"))
    (tmp_path / "a").mkdir()
    found = in_node(written(msw, cut)[0], tmp_path / "a", "Infinity")
    assert len(found["pieces"]) <= 3
    assert "the recorded stream was not complete: upstream_cut" in found["failed"]
    nothing = Capture(capture_file([], method="POST", status=None, end="connect_failed"))
    (tmp_path / "b").mkdir()
    assert in_node(written(msw, nothing)[0], tmp_path / "b", "Infinity")["status"] is None


def test_the_code_is_what_captures_cannot_break_out_of(
    capture_file: Write, written: Callable[..., Any], socket: Capture
) -> None:
    path = capture_file(CHUNKS, url="http://a.test/it's/:id(x)*?q=1", method="ODD", status=101)
    code = written(msw, Capture(path, name="a\n*/ alert(1) //"))[0].decode()
    assert "\n*/ alert" not in code
    assert "</script>" not in code
    assert r'http.all("http://a.test/it\'s/' not in code
    assert '"http://a.test/it\'s/\\\\:id\\\\(x\\\\)\\\\*"' in code
    assert '"status": 502' in code
    assert "is a WebSocket capture" in written(msw, socket)[1]
