"""Take the screenshots of the page for the README and the docs.

    uv run python docs/make_screenshots.py

They show real recordings: curl requests to the sample server, through a recording proxy.
"""

import subprocess
import sys
import tempfile
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
