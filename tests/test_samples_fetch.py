"""The client of the demo."""

import subprocess
import sys

import pytest

from ssetape.samples import fetch
from ssetape.samples.server import SampleServer
from ssetape.samples.streams import STREAMS


def test_it_reads_a_stream_to_its_end_and_a_cut_one_to_the_cut() -> None:
    with SampleServer() as server:
        for name in ("minimal", "cut"):
            size_bytes = fetch.fetch(f"{server.url}/streams/{name}", None)
            assert size_bytes == len(STREAMS[name].body)


@pytest.mark.programs
def test_as_a_program_it_prints_the_size_of_every_answer() -> None:
    with SampleServer() as server:
        done = subprocess.run(
            [sys.executable, fetch.__file__, server.url],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    for path, _, _ in fetch.REQUESTS:
        assert f"{path} " in done.stdout
    assert f"/streams/tour    {len(STREAMS['tour'].body)} bytes" in done.stdout
