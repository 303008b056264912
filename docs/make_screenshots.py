"""Take the screenshots of the page and of mitmweb for the README and the docs.

    uv run python docs/make_screenshots.py

They show real recordings: curl requests to the sample server, through a recording proxy or mitmweb.
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ssetape.samples.server import SampleServer

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
sys.path.append(str(ROOT / "tests"))

from browsers import browser, wait_for  # noqa: E402  it is in tests/

ASK = "curl -sN $SSETAPE_URL/conversation -H content-type:application/json -d"
COMMANDS = f"""
{ASK} '{{"message": "Hello"}}'
{ASK} '{{"message": "And how does that work?", "encoding": "delta"}}'
curl -sN $SSETAPE_URL/streams/tour
curl -sN $SSETAPE_URL/streams/gzip
curl -sN $SSETAPE_URL/streams/cut
"""
WIDTH_PX = 1200


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        captures = folder / "captures"
        with SampleServer() as server:
            words = [
                "record",
                "-o",
                captures,
                "--reverse",
                server.url,
                "--",
                "bash",
                "-c",
                COMMANDS,
            ]
            subprocess.run(
                [sys.executable, "-m", "ssetape", *map(str, words)],
                check=False,  # one of the streams is cut on purpose
                stdout=subprocess.DEVNULL,
            )
        take(folder / "profile", captures)
        with SampleServer() as server:
            take_mitmweb(folder, server.url)


def take_mitmweb(folder: Path, url: str) -> None:
    """A stream while it runs, and one that was cut, in a list with others."""
    with mitmweb(folder, url) as (proxy, window), browser(folder / "mitmweb") as driver:
        resize(driver, 760)
        driver.get(window)
        wait_for(driver, "return document.querySelector('.nav-tabs, nav') !== null")
        environment = {"SSETAPE_URL": proxy}
        talk = subprocess.Popen(
            ["bash", "-c", COMMANDS], env={**os.environ, **environment}, stdout=subprocess.DEVNULL
        )
        show(driver, "conversation")
        wait_for(driver, f"return {TEXT}.split('\\n').length > 14 && {TEXT}.endsWith('going on')")
        save(driver, "mitmweb-live")
        talk.wait()
        resize(driver, 560)
        show(driver, "cut")
        wait_for(driver, f"return {TEXT}.includes('upstream_cut')")
        save(driver, "mitmweb-cut")


# What mitmweb shows of a body.
TEXT = "(document.querySelector('.contentview pre, .contentview .cm-content') || {innerText: ''})"
TEXT += ".innerText.trimEnd()"


def show(driver, path: str) -> None:  # type: ignore[no-untyped-def]
    """Show the response of the flow with this in its path."""
    row = f"[...document.querySelectorAll('tr')].find(row => row.innerText.includes('{path}'))"
    wait_for(driver, f"const row = {row}; row && row.click(); return !!row")
    tab = "[...document.querySelectorAll('a')].find(tab => tab.innerText === 'Response')"
    wait_for(driver, f"const tab = {tab}; tab && tab.click(); return !!tab")


@contextmanager
def mitmweb(folder: Path, url: str) -> Iterator[tuple[str, str]]:
    """A mitmweb that records what goes to a server; gives its own URL and its page's."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        port, web_port = one.getsockname()[1], two.getsockname()[1]
    words = [str(Path(sys.executable).with_name("mitmweb")), "-s", str(ROOT / "addon/record.py")]
    words += ["--mode", f"reverse:{url}", "-p", str(port), "--web-port", str(web_port)]
    for option in (
        f"confdir={folder / 'mitmproxy'}",
        f"tape_dir={folder / 'tapes'}",
        "web_open_browser=false",
        "web_password=x",
    ):
        words += ["--set", option]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            while "Web server listening" not in process.stdout.readline():
                pass
            yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{web_port}/?token=x"
        finally:
            process.terminate()


def take(profile: Path, captures: Path) -> None:
    words = [sys.executable, "-m", "ssetape", "view", "--no-open", "--port", "0", str(captures)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            url = process.stderr.readline().split()[-1]
            with browser(profile) as driver:
                resize(driver, 420)
                driver.get(url)
                wait_for(driver, "return document.querySelectorAll('.row canvas').length > 3")
                save(driver, "list")
                resize(driver, 1060)
                driver.execute_script(
                    "[...document.querySelectorAll('.row')]"
                    ".find(row => row.textContent.includes('chatgpt-web')).click()"
                )
                wait_for(driver, "return document.body.classList.contains('ended')")
                driver.execute_script(
                    "const range = document.querySelector('input[type=range]');"
                    "range.value = range.max * 0.6; range.dispatchEvent(new Event('input'));"
                    "document.querySelectorAll('.list .row')[12].click()"
                )
                save(driver, "capture")
        finally:
            process.terminate()


def resize(driver, height_px: int) -> None:  # type: ignore[no-untyped-def]
    size = {"width": WIDTH_PX, "height": height_px, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def save(driver, name: str) -> None:  # type: ignore[no-untyped-def]
    wait_for(driver, "return new Promise(done => requestAnimationFrame(() => done(true)))")
    path = IMAGES / f"{name}.png"
    path.write_bytes(driver.get_screenshot_as_png())
    print(path.relative_to(ROOT), path.stat().st_size)


if __name__ == "__main__":
    main()
