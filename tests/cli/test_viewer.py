import asyncio
import urllib.request
from pathlib import Path

import pytest

from ssetape.cli import _viewer
from ssetape.errors import ViewError


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _viewer.require_page()
    monkeypatch.setattr(_viewer, "_NEEDED", ("nothing_of_that_name",))
    with pytest.raises(ViewError, match=r"nothing_of_that_name.*pip install 'ssetape\[view\]'"):
        _viewer.require_page()


def test_the_page_is_there_as_long_as_the_block_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def run() -> str:
        async with _viewer.viewer(tmp_path), asyncio.timeout(60):
            said = ""
            while "\n" not in said:
                await asyncio.sleep(0.05)
                said += capfd.readouterr().err
            url = said.split()[-1]
            with urllib.request.urlopen(url, timeout=30) as answer:
                assert answer.status == 200
            return url

    url = asyncio.run(run())
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=30)
