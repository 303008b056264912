"""Record the captures in this folder again: `uv run python samples/record_captures.py`.

Each is one exchange with the sample server through `ssetape record`, like any user's.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from ssetape.samples import server

HERE = Path(__file__).resolve().parent

# File name, path, and the body of a POST. A name says what the capture shows.
CAPTURES = (
    ("minimal-one-event", "/streams/minimal", None),
    ("tour-seven-chunks", "/streams/tour", None),
    ("crlf-and-cr-line-ends", "/streams/crlf", None),
    ("split-utf8-at-every-byte", "/streams/split-utf8", None),
    ("bytes-invalid-utf8-and-nul", "/streams/bytes", None),
    ("gzip-flushed-per-event", "/streams/gzip", None),
    ("unfinished-last-event", "/streams/unfinished", None),
    ("cut-by-upstream-in-an-event", "/streams/cut", None),
    ("chat-full-messages", "/conversation", '{"message": "Hello"}'),
    ("chat-delta-encoding", "/conversation", '{"message": "Hello", "encoding": "delta"}'),
)


def record(url: str, body: str | None, target: Path) -> None:
    """Record one exchange into `target`."""
    with tempfile.TemporaryDirectory() as folder:
        # With a command, the proxy picks a free port. For a cut stream, curl exits with 18.
        curl = ["curl", "--silent", "--no-buffer", "--output", "/dev/null", url]
        curl += ["--header", "Content-Type: application/json", "--data", body] if body else []
        record_verb = [sys.executable, "-m", "ssetape", "record", "-o", folder]
        subprocess.run([*record_verb, "--", *curl], check=False)
        (capture,) = Path(folder).glob("*.ssetape")
        target.write_bytes(capture.read_bytes())


def main() -> None:
    with server.SampleServer(port=8765) as sample_server:
        for name, path, body in CAPTURES:
            record(sample_server.url + path, body, HERE / f"{name}.ssetape")


if __name__ == "__main__":
    main()
