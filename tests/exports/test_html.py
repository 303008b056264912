"""The report, in a real Chromium."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import browser, needs_chromium, wait_for
from selenium.webdriver import Chrome, Keys

from ssetape.capture import Capture
from ssetape.exports import html

Write = Callable[..., Path]
MODULES = os.environ.get("SSETAPE_NODE_MODULES")
ROWS = "return document.querySelectorAll('.list .row').length > 0"


def chat(text: str) -> bytes:
    value = {"model": "m", "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


STREAM = [(0.5, chat("Hel")), (1.0, chat("lo")), (3.0, b"id: 7\nevent: x\ndata: {}\n\n")]
# What a hostile server would like to be more than text.
EVIL = "</script><script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=1>"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browser(tmp_path_factory.mktemp("profile"), logs_network=True) as opened:
        yield opened


@pytest.fixture
def report(tmp_path: Path, written: Callable[..., Any], driver: Chrome) -> Callable[[Path], None]:
    """Opens a capture's report from the disk."""

    def show(path: Path) -> None:
        data, problem = written(html, Capture(path))
        assert problem == ""
        page = tmp_path / "report.html"
        page.write_bytes(data)
        driver.get_log("performance")
        driver.get(page.as_uri())
        wait_for(driver, "return document.querySelector('main') !== null")

    return show


def text_of(driver: Chrome, selector: str) -> str:
    found: str = driver.execute_script(
        "return document.querySelector(arguments[0]).textContent", selector
    )
    return found


@pytest.mark.programs
@needs_chromium
def test_a_capture_is_shown_with_its_events_and_what_was_said(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    report(capture_file(STREAM, head_s=0.25, end_s=3.5, method="POST"))
    wait_for(driver, ROWS)
    rows = driver.execute_script(
        "return [...document.querySelectorAll('.list .row')].map(row =>"
        " [...row.children].map(cell => cell.textContent))"
    )
    assert [row[:4] for row in rows] == [
        ["0.500", "", "message", ""],
        ["1.000", "+0.500", "message", ""],
        ["3.000", "+2.000", "x", "7"],
    ]
    assert text_of(driver, ".said") == "Hello"
    assert "POST http://origin.test/stream" in text_of(driver, "h1")
    assert '"content": "Hel"' in text_of(driver, ".detail")
    label = driver.execute_script("return document.querySelector('canvas').ariaLabel")
    assert "first text at 500 ms" in label


@pytest.mark.programs
@needs_chromium
def test_a_tapped_capture_says_what_the_browser_did(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    evil = {"browser": f"Chrome/156{EVIL}", "target": "page", "chunks": "reads"}
    coding = [("content-encoding", "br"), ("content-length", "312")]
    report(capture_file(STREAM, tapped=evil, decoded=coding, from_cache=True, end="tab_closed"))
    wait_for(driver, ROWS)
    facts = text_of(driver, ".facts")
    assert "origin recorded in the browser (Chrome/156</script>" in facts
    assert "chunks are the browser's reads" in facts
    assert "body content-encoding br, decoded by the browser; from the browser's cache" in facts
    assert "end tab_closed" in facts
    driver.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    wait_for(driver, "return document.body.textContent.includes('content-encodingbr until the')")
    assert "content-length312 until the browser decoded the body" in text_of(driver, "body")
    report(capture_file(STREAM))
    wait_for(driver, ROWS)
    assert "origin" not in text_of(driver, ".facts")
    assert "body" not in text_of(driver, ".facts")


@pytest.mark.programs
@needs_chromium
def test_the_player_and_the_list_and_the_waterfall_go_together(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    report(capture_file(STREAM, head_s=0.25, end_s=3.5))
    wait_for(driver, ROWS)
    driver.find_element("css selector", ".list").send_keys(Keys.HOME, Keys.DOWN)
    wait_for(driver, "return document.querySelector('.row.chosen')?.dataset.number === '1'")
    assert text_of(driver, ".said") == "Hello"
    driver.find_element("css selector", "button[aria-label='previous piece']").click()
    assert text_of(driver, ".said") == "Hel"
    driver.find_element("css selector", "button[aria-label='next piece']").click()
    assert text_of(driver, ".said") == "Hello"
    driver.find_element("css selector", "canvas").send_keys("+", Keys.LEFT, "0")
    driver.execute_script(
        "document.querySelector('select').value = '8';"
        "document.querySelector('select').dispatchEvent(new Event('change'))"
    )
    driver.find_element("css selector", ".player button").click()
    wait_for(driver, "return document.querySelector('.player button').textContent === 'Pause'")
    wait_for(driver, "return document.querySelector('.player button').textContent === 'Play'")
    assert text_of(driver, ".said") == "Hello"


@pytest.mark.programs
@needs_chromium
def test_pieces_that_came_at_one_moment_go_at_one_step(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    report(capture_file([(1.0, chat("a")), (2.0, chat("b")), (2.0, chat("c"))]))
    for button, said in (("previous piece", "a"), ("previous piece", ""), ("next piece", "a")):
        driver.find_element("css selector", f"button[aria-label='{button}']").click()
        assert text_of(driver, ".said") == said


@pytest.mark.programs
@needs_chromium
def test_times_that_go_back_stand_still(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    report(capture_file([(-3.0, chat("a")), (5.0, chat("b")), (1.0, chat("c"))], end_s=2.0))
    wait_for(driver, ROWS)
    assert text_of(driver, ".clock") == "5.000 s"
    assert text_of(driver, ".said") == "abc"
    for said in ("a", "a"):
        driver.find_element("css selector", "button[aria-label='previous piece']").click()
        assert text_of(driver, ".said") == said
    driver.find_element("css selector", ".list").send_keys(Keys.END)
    wait_for(driver, "return document.querySelector('.row.chosen')?.dataset.number === '2'")
    assert text_of(driver, ".said") == "abc"


@pytest.mark.programs
@needs_chromium
def test_json_is_indented_and_its_numbers_are_as_they_came(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    value = {"a": [1, [], {}, {"b": None}], "c": 'x"{}[]:,\\', "d": "\u00e9\U0001f600"}
    large = b'data: {"id": 12345678901234567890, "one": 1.0, "one": 2}\n\n'
    report(capture_file([(1.0, b"data: " + json.dumps(value).encode() + b"\n\n"), (2.0, large)]))
    wait_for(driver, ROWS)
    assert text_of(driver, ".detail pre") == json.dumps(value, indent=2, ensure_ascii=False)
    driver.find_element("css selector", ".list").send_keys(Keys.END)
    expected = '{\n  "id": 12345678901234567890,\n  "one": 1.0,\n  "one": 2\n}'
    assert text_of(driver, ".detail pre") == expected


@pytest.mark.programs
@needs_chromium
def test_the_waterfall_leaves_the_browser_its_keys_and_survives_half_a_gesture(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    report(capture_file(STREAM))
    wait_for(driver, ROWS)
    driver.get_log("browser")
    script = """
        const canvas = document.querySelector('canvas')
        const key = (key, more) => canvas.dispatchEvent(
            new KeyboardEvent('keydown', { key, cancelable: true, ...more }))
        canvas.dispatchEvent(new PointerEvent('pointerup'))
        const seen = [
            key('+', { ctrlKey: true }), key('ArrowLeft', { altKey: true }), key('+', {})
        ]
        canvas.setPointerCapture = () => {}
        const move = (type, clientX, button = 0) =>
            canvas.dispatchEvent(new PointerEvent(type, { clientX, button }))
        const before = document.querySelector('.clock').textContent
        move('pointerdown', 300), move('pointercancel', 300), move('pointerup', 300)
        move('pointerdown', 300, 2), move('pointerup', 300, 2)
        seen.push(document.querySelector('.clock').textContent === before)
        return seen
    """
    assert driver.execute_script(script) == [True, True, False, True]
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.programs
@needs_chromium
def test_screen_readers_are_told_which_row_is_chosen(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    report(capture_file(STREAM * 100))
    wait_for(driver, ROWS)
    active = (
        "return document.getElementById(document.activeElement"
        ".getAttribute('aria-activedescendant'))?.ariaRowIndex"
    )
    driver.find_element("css selector", ".list").send_keys(Keys.HOME, Keys.DOWN)
    wait_for(driver, f"{active} === '2'")
    driver.execute_script("document.querySelector('.list').scrollTop = 5000")
    wait_for(driver, f"{active} === undefined")


@pytest.mark.programs
@needs_chromium
def test_paper_gets_the_events_that_the_screen_scrolls(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    report(capture_file(STREAM * 200))
    wait_for(driver, ROWS)
    assert driver.execute_script("return document.querySelectorAll('.printed tr').length") == 0
    driver.execute_cdp_cmd("Page.printToPDF", {})
    rows = driver.execute_script(
        "return [...document.querySelectorAll('.printed tr')].map(row => row.textContent)"
    )
    assert len(rows) == 501
    assert rows[2] == "3.000x7{}"
    assert rows[-1] == "and 100 more"


@pytest.mark.programs
@needs_chromium
def test_hostile_captures_are_text_and_nothing_is_asked_of_anybody(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    evil = f"{EVIL}\x00\x1b\u202e\u2028 ﷺ"
    chunks = [
        (1.0, chat(evil)),
        (2.0, b"event: " + EVIL.encode() + b"\ndata: \xff\xfe\n\n"),
        (3.0, b"data: " + b"x" * 5_000_000 + b"\n\n"),
    ]
    headers = [("content-type", "text/event-stream"), ("x-evil", EVIL)]
    report(capture_file(chunks, url=f"http://a.test/{EVIL}", headers=headers, body=EVIL.encode()))
    wait_for(driver, ROWS)
    assert driver.title != "owned"
    assert EVIL in text_of(driver, ".said")
    assert "\\u0000\\u001b\\u202e\\u2028" in text_of(driver, ".said")
    assert driver.execute_script("return document.querySelectorAll('img, script[src]').length") == 0
    asked = [
        json.loads(entry["message"])["message"]["params"]["request"]["url"]
        for entry in driver.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
    ]
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}


@pytest.mark.programs
@needs_chromium
@pytest.mark.parametrize("width", [375, 2560])
def test_it_fits_narrow_and_wide_windows(
    width: int, report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    try:
        report(capture_file(STREAM))
        wait_for(driver, ROWS)
        wide = driver.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.programs
@needs_chromium
def test_axe_finds_nothing_serious(
    report: Callable[[Path], None], capture_file: Write, driver: Chrome
) -> None:
    axe = Path(MODULES or "/nowhere") / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("no axe-core in $SSETAPE_NODE_MODULES: npm install axe-core")
    report(capture_file(STREAM, head_s=0.25))
    wait_for(driver, ROWS)
    driver.execute_script(axe.read_text())
    found = driver.execute_async_script(
        "const done = arguments[0]; axe.run().then(r => done(r.violations))"
    )
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert serious == [], [(v["id"], [n["html"] for n in v["nodes"]]) for v in serious]


def test_it_is_small_and_its_script_is_the_one_that_it_allows(
    capture_file: Write, written: Callable[..., Any]
) -> None:
    data, _ = written(html, Capture(capture_file([])))
    assert len(data) < 300_000
    text = data.decode()
    assert not re.search(r"https?://(?!origin\.test)", text.replace("http://a.test", ""))
    names = re.findall(r"^(?:const|let|function|class) (\w+)", html.script(), re.MULTILINE)
    assert len(names) == len(set(names)), "two modules have one name: they become one script"
    assert "import " not in html.script()
