import mmap
import os
import sys

import pytest

from ssetape.replay.workers.shared_file import shared_file


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_it_is_as_large_as_asked_and_empty(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "memfd_create") and platform == "linux":
        pytest.skip("not on Linux")
    monkeypatch.setattr(sys, "platform", platform)
    with shared_file(100_000) as file, mmap.mmap(file.fileno(), 100_000) as memory:
        assert memory[:] == bytes(100_000)
        memory[:3] = b"abc"
        assert os.pread(file.fileno(), 4, 0) == b"abc\0"
