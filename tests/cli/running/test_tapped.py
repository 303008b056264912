import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.cli.running.tapped import BrowserToTap, connected
from ssetape.errors import TapError

Fake = Callable[..., Path]


def browser(path: Path | None, profile: Path | None, address: str | None = None) -> BrowserToTap:
    own = str(path) if path else None
    return BrowserToTap(address, own, str(profile) if profile else None, False, False, ())


def test_one_of_ours_is_started_and_closed(fake_browser: Fake, tmp_path: Path) -> None:
    async def run() -> str:
        async with connected(browser(fake_browser("open"), tmp_path / "profile")) as (_, version):
            return version

    assert asyncio.run(run()) == "Fake/1.0"
    assert "Browser.close" in (tmp_path / "log").read_text()


def test_one_that_runs_is_joined_and_left_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[str] = []

    class Joined:
        async def close(self) -> None:
            calls.append("connection closed")

    async def attached(address: str) -> tuple[object, str]:
        calls.append(address)
        return Joined(), "Chrome/1"

    monkeypatch.setattr("ssetape.tap.browser.attached", attached)

    async def run() -> None:
        async with connected(browser(None, None, "127.0.0.1:9222")) as (_, version):
            calls.append(version)

    asyncio.run(run())
    assert calls == ["127.0.0.1:9222", "Chrome/1", "connection closed"]
    assert not browser(None, None, "x").is_own


def test_where_there_is_none_it_says_so() -> None:
    async def run() -> None:
        async with connected(browser(None, None, "127.0.0.1:9")):
            pass

    with pytest.raises(TapError, match="no browser with a debugging port"):
        asyncio.run(run())
