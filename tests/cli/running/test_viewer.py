import asyncio
import urllib.request
from pathlib import Path

import pytest

from ssetape.cli.running import viewer
from ssetape.errors import ViewError


def test_the_page_is_there_as_long_as_the_block_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def run() -> str:
        async with viewer.viewer(tmp_path):
            url = capfd.readouterr().err.split()[-1]
            with urllib.request.urlopen(url, timeout=30) as answer:
                assert answer.status == 200
            return url

    url = asyncio.run(run())
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=30)


def test_a_page_that_cannot_be_served_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with viewer.viewer(tmp_path / "nowhere"):
            pass

    with pytest.raises(ViewError, match=r"could not be served: .*there is no such file"):
        asyncio.run(run())
