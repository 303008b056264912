"""Does the page stay smooth with a capture of 100,000 events, and with 10,000 captures?

    python bench/page.py [--quick] [--json]

Method. `python -m ssetape view` of a Chat Completions capture with 100,000 events and of 10,000
small captures, and the report of the first, in Debian's Chromium. The browser itself reports its
first paint, and which tasks of the page took 50 ms or more (the Long Tasks API); 0 means that there
were none. Each action is 100 steps, one frame each.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from listing import write_captures
from reading import chat, write
from report import json_line, stop, table

sys.path.append(str(Path(__file__).parents[1] / "tests"))
EVENTS = 100_000
CAPTURES = 10_000
WATCHING = """
window.longTasks = []
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration)
}).observe({ type: 'longtask', buffered: true })
const look = () => {
  window.firstRowMs ??= document.querySelector('.list .row') ? performance.now() : undefined
  if (window.firstRowMs === undefined) requestAnimationFrame(look)
}
requestAnimationFrame(look)
"""
LIST = "document.querySelector('.list')"
RANGE = "document.querySelector('input[type=range]')"
SCROLL = f"{LIST}.scrollTop = {LIST}.scrollHeight * step / 100"
ACTIONS = {
    "scroll": SCROLL,
    "scrub": f"{RANGE}.value = {RANGE}.max * ((step * 37) % 100) / 100;"
    f"{RANGE}.dispatchEvent(new Event('input'))",
    "zoom": "document.querySelector('canvas').dispatchEvent("
    "new KeyboardEvent('keydown', { key: step % 20 < 10 ? '+' : '-' }))",
}
SEARCH = {
    "scroll": SCROLL,
    "search": "const i = document.querySelector('input[type=search]');"
    "i.value = '00012345'.slice(0, step % 9);"
    "i.dispatchEvent(new Event('input', { bubbles: true }))",
}


@contextmanager
def serving(path: Path) -> Iterator[str]:
    words = [sys.executable, "-m", "ssetape", "view", "--no-open", "--port", "0", str(path)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().split()[-1]
        finally:
            process.terminate()


def measure(driver, url: str, ready: str, actions: dict[str, str]) -> dict[str, float]:  # type: ignore[no-untyped-def]
    from browsers import wait_for

    driver.get(url)
    painted = "performance.getEntriesByType('paint').length > 0"
    wait_for(driver, f"return {ready} && {painted}")
    paint = "return performance.getEntriesByType('paint')[0].startTime"
    found = {
        "first paint, ms": driver.execute_script(paint),
        "first row, ms": driver.execute_script("return window.firstRowMs"),
        "all there, ms": driver.execute_script("return performance.now()"),
        "longest task, load": longest(driver),
    }
    for name, script in actions.items():
        driver.execute_async_script(
            "const done = arguments[0]; (async () => { for (let step = 0; step < 100; step += 1)"
            f" {{ {script}; await new Promise(requestAnimationFrame) }} }})().then(done)"
        )
        found[f"longest task, {name}"] = longest(driver)
    return found


def longest(driver) -> float:  # type: ignore[no-untyped-def]
    script = "const all = window.longTasks; window.longTasks = []; return Math.max(0, ...all)"
    return float(driver.execute_script(script))


def main() -> None:
    options = argparse.ArgumentParser(description="The page with large captures.")
    options.add_argument("--quick", action="store_true", help="a hundredth of it")
    options.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = options.parse_args()
    try:
        from browsers import browser
    except ImportError:
        stop("page.py: selenium is not installed: uv run python bench/page.py")
    share = 100 if arguments.quick else 1
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long, many = folder / "long.ssetape", folder / "many"
        write(long, EVENTS // share, chat)
        many.mkdir()
        write_captures(many, CAPTURES // share)
        report = folder / "report.html"
        words = [sys.executable, "-m", "ssetape", "export", "-o", str(report), str(long)]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
        ended = "document.body.classList.contains('ended')"
        count = f"document.querySelector('.count').textContent.includes('of {CAPTURES // share:,}')"
        with browser(folder / "profile", "--window-size=1400,1000") as driver:
            driver.set_script_timeout(300)
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCHING})
            with serving(long) as url:
                rows.append(("page of a capture", measure(driver, url, ended, ACTIONS)))
            shown = "window.firstRowMs !== undefined"
            rows.append(("report of it", measure(driver, report.as_uri(), shown, ACTIONS)))
            with serving(many) as url:
                rows.append(("list", measure(driver, url, count, SEARCH)))
    if arguments.json:
        for what, found in rows:
            json_line({"what": what, **{key: round(value) for key, value in found.items()}})
        return
    names = list(dict.fromkeys(key for _, found in rows for key in found))
    print(
        table(
            [
                {
                    "": key,
                    **{what: f"{found[key]:.0f}" if key in found else "" for what, found in rows},
                }
                for key in names
            ]
        )
    )


if __name__ == "__main__":
    main()
