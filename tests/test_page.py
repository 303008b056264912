"""The local page, in a real Chromium, with a real recording behind it."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browsers import browser, needs_chromium, wait_for
from proxies import Exchange, Origin
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By

from ssetape.cli.running.replays import ReplaysOfCaptures
from ssetape.web import server_events
from ssetape.web.app import create_app
from ssetape.web.listing import Listing, key_of

uvicorn = pytest.importorskip("uvicorn")

pytestmark = [pytest.mark.programs, needs_chromium]

Raw = Callable[..., bytes]
MODULES = os.environ.get("SSETAPE_NODE_MODULES")
TIMEOUT_S = 60.0  # for what should never happen; no test waits for it
# What a hostile server would like to be more than text.
EVIL = "</script><script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=1>"


def chat(text: str) -> bytes:
    value = {"model": "m-1", "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


STREAM = [(0.5, chat("Hel")), (1.0, chat("lo")), (3.0, b"id: 7\nevent: x\ndata: {}\n\n")]


class Page:
    """The page's server in this process, its captures in a folder, and the browser."""

    def __init__(self, driver: Chrome, folder: Path, raw: Raw) -> None:
        self.driver = driver
        self.folder = folder
        self.raw = raw
        self.listing = Listing([folder])
        self.url = ""
        self.server: Any = None
        self._thread: threading.Thread | None = None
        self._replays = ReplaysOfCaptures()

    def start(self, port: int = 0) -> None:
        config = uvicorn.Config(
            create_app(self.listing, self._replays),
            port=port,
            log_level="critical",
            lifespan="off",
            timeout_graceful_shutdown=0,
        )
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        assert self._thread is not None
        self.server.should_exit = True
        self._thread.join()

    def close(self) -> None:
        self.stop()
        self._replays.close()

    def put(self, name: str, *arguments: Any, **fields: Any) -> Path:
        path = self.folder / f"{name}.ssetape"
        path.write_bytes(self.raw(*arguments, **fields))
        self.look()
        return path

    def look(self) -> None:
        self.listing.look()
        while self.listing.measure_next():
            pass

    def open(self, path: Path | None = None) -> None:
        self.driver.get(f"{self.url}/captures/{key_of(path)}" if path else f"{self.url}/")

    def text(self, selector: str) -> str:
        script = "return document.querySelector(arguments[0])?.textContent ?? ''"
        found: str = self.driver.execute_script(script, selector)
        return found

    def rows(self) -> list[list[str]]:
        found: list[list[str]] = self.driver.execute_script(
            "return [...document.querySelectorAll('.list .row')].map(row =>"
            " [...row.children].map(cell => cell.textContent))"
        )
        return found

    def wait_for_rows(self, count: int) -> None:
        script = f"return document.querySelectorAll('.list .row').length === {count}"
        wait_for(self.driver, script)

    def find(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    flags = ("--window-size=1400,1000",)
    with browser(tmp_path_factory.mktemp("profile"), *flags, logs_network=True) as opened:
        yield opened


@pytest.fixture
def page(driver: Chrome, tmp_path: Path, raw_capture: Raw) -> Iterator[Page]:
    made = Page(driver, tmp_path, raw_capture)
    made.start()
    yield made
    driver.get("about:blank")
    made.close()


def test_the_list_is_searched_filtered_and_opened(page: Page) -> None:
    page.put("a", STREAM, url="http://one.test/v1/chat", started="2026-11-23T09:31:12.1Z")
    page.put("b", [(1.0, b"data: tick\n\n")], url="http://two.test/ticks")
    page.open()
    page.wait_for_rows(2)
    wait_for(page.driver, "return document.querySelector('.list').textContent.includes('Hello')")
    row = page.rows()[0]
    assert row[1:10] == [
        *("2026-11-23 09:31:12", "GET", "one.test/v1/chat", "200"),
        *("openai-chat", "m-1", "500 ms", "3 s", "3"),
    ]
    assert page.driver.execute_script("return document.querySelectorAll('.row canvas').length") == 1
    page.find("input[type=search]").send_keys("HELLO one")
    page.wait_for_rows(1)
    assert "1 of 2" in page.text(".count")
    page.find("input[type=search]").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    page.driver.execute_script(
        "const s = document.querySelector('select[name=host]');"
        "s.value = 'two.test'; s.dispatchEvent(new Event('input', { bubbles: true }))"
    )
    page.wait_for_rows(1)
    page.find(".list").send_keys(Keys.DOWN, Keys.ENTER)
    wait_for(page.driver, "return document.querySelector('h1').textContent.includes('two.test')")


def test_the_list_shows_what_is_new_as_it_comes_also_after_the_server_was_away(page: Page) -> None:
    page.open()
    wait_for(page.driver, "return document.querySelector('.state').textContent === 'live'")
    page.put("a", STREAM)
    page.wait_for_rows(1)
    page.stop()
    wait_for(page.driver, "return document.querySelector('.state').textContent.includes('lost')")
    page.put("b", STREAM)
    (page.folder / "a.ssetape").unlink()
    page.look()
    page.start(page.port)
    wait_for(page.driver, "return document.querySelector('.state').textContent === 'live'")
    wait_for(
        page.driver,
        "return document.querySelectorAll('.list .row').length === 1"
        " && document.querySelector('.row input').ariaLabel.includes('b.ssetape')",
    )


def test_ten_thousand_captures_are_rows_of_which_few_are_in_the_page(page: Page) -> None:
    data = page.raw([(1.0, b"data: x\n\n")])
    for number in range(10_000):
        (page.folder / f"{number:05d}.ssetape").write_bytes(data)
    page.listing.look()
    page.open()
    wait_for(
        page.driver, "return document.querySelector('.count').textContent.includes('10,000 of')"
    )
    page.find(".list").send_keys(Keys.END)
    wait_for(page.driver, "return document.querySelector('.chosen')?.dataset.number === '9999'")
    assert page.driver.execute_script("return document.querySelectorAll('.row').length") < 100


def test_a_capture_with_all_its_parts(page: Page) -> None:
    path = page.put("a", STREAM, head_s=0.25, end_s=3.5, method="POST", body=b'{"ask": 1}')
    page.open(path)
    wait_for(page.driver, "return document.body.classList.contains('ended')")
    page.wait_for_rows(3)
    assert [row[:4] for row in page.rows()] == [
        ["0.500", "", "message", ""],
        ["1.000", "+0.500", "message", ""],
        ["3.000", "+2.000", "x", "7"],
    ]
    assert page.rows()[1][4].startswith('"lo"'), "what was said, then the data"
    assert page.text(".said") == "Hello"
    assert "m-1" in page.text(".facts")
    page.find(".list").send_keys(Keys.HOME)
    wait_for(page.driver, "return document.querySelector('.said').textContent === 'Hel'")
    page.driver.execute_script(
        "for (const d of document.querySelectorAll('details')) d.open = true"
    )
    wait_for(page.driver, "return document.querySelectorAll('.border').length === 3")
    assert '"ask": 1' in page.text("main")
    assert "first text" in page.driver.execute_script(
        "return document.querySelector('canvas').ariaLabel"
    )


def test_a_recording_grows_on_the_page_and_nothing_is_lost_with_the_connection(
    page: Page,
) -> None:
    path = page.folder / "a.ssetape"
    whole = page.raw([(n / 10, chat(f"{n} ")) for n in range(40)])
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    page.look()
    page.open(path)
    page.wait_for_rows(1)
    with path.open("ab") as file:
        file.writelines(lines[3:10])
    wait_for(page.driver, "return document.querySelector('.list').ariaRowCount === '8'")
    wait_for(page.driver, "return document.querySelector('.said').textContent.startsWith('0 1 2')")
    page.stop()
    wait_for(page.driver, "return document.querySelector('.state').textContent.includes('lost')")
    with path.open("ab") as file:
        file.writelines(lines[10:])
    page.start(page.port)
    wait_for(page.driver, "return document.body.classList.contains('ended')")
    seen = page.driver.execute_script("return document.querySelector('.list').ariaRowCount")
    assert seen == "40"
    assert page.text(".said") == "".join(f"{n} " for n in range(40))
    assert "complete" in page.text(".facts")


def test_a_long_event_is_fetched_when_it_is_asked_for(page: Page) -> None:
    path = page.put("a", [(1.0, b"data: " + b"x" * 300_000 + b"END\n\n")])
    page.open(path)
    wait_for(page.driver, "return document.querySelector('.detail button') !== null")
    assert "END" not in page.text(".detail")
    page.find(".detail button").click()
    wait_for(page.driver, "return document.querySelector('.detail').textContent.endsWith('END')")


def test_a_hidden_page_lets_go_of_its_connection_and_takes_up_where_it_was(page: Page) -> None:
    path = page.folder / "a.ssetape"
    lines = page.raw([(1.0, chat("a")), (2.0, chat("b"))]).splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    page.look()
    page.open(path)
    page.wait_for_rows(1)
    hide = (
        "Object.defineProperty(document, 'hidden', { value: arguments[0], configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.driver.execute_script(hide, True)
    assert page.text(".state") == "paused"
    with path.open("ab") as file:
        file.writelines(lines[3:])
    page.driver.execute_script(hide, False)
    page.wait_for_rows(2)
    wait_for(page.driver, "return document.body.classList.contains('ended')")
    assert page.text(".said") == "ab"


def test_two_captures_are_marked_and_compared(page: Page) -> None:
    page.put("a", STREAM, started="2026-11-23T09:30:12.1Z")
    page.put("b", [(0.5, chat("Hal")), (1.5, chat("lo"))], started="2026-11-23T09:31:12.1Z")
    page.open()
    page.wait_for_rows(2)
    for number in (0, 1):
        script = f"document.querySelectorAll('.row input')[{number}].click()"
        page.driver.execute_script(script)
    page.find(".compare").click()
    wait_for(page.driver, "return document.querySelector('ins') !== null")
    assert (page.text("del"), page.text("ins")) == ("Hello", "Hallo")
    assert "first text" in page.text("main")
    painted = page.driver.execute_script(
        "const c = document.querySelector('canvas'); const d ="
        " c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return d.some(v => v > 0)"
    )
    assert painted
    # What was said comes first, as all data begin alike; the first pair is shown in full.
    assert page.rows()[0][1].startswith('model m-1, "Hel"message {')
    assert '"Hal"' in page.text(".pair")


def test_many_long_events_that_differ_are_short_rows_of_two_equal_columns(page: Page) -> None:
    def stream(word: str) -> list[tuple[float, bytes]]:
        return [(n / 10, chat(f"{word}{n} " + "x" * 5_000)) for n in range(300)]

    one, other = (page.put(word, stream(word)) for word in ("A", "B"))
    page.driver.get(f"{page.url}/compare?a={key_of(one)}&b={key_of(other)}")
    wait_for(page.driver, "return document.querySelector('.list').ariaRowCount === '200'")
    wait_for(page.driver, "return document.querySelector('.list .row') !== null")
    size = "return [...document.querySelector('.list .row').children].map(e => e.offsetWidth)"
    _, first_px, _, second_px = page.driver.execute_script(size)
    assert abs(first_px - second_px) <= 1
    assert first_px > 400
    table = "return document.querySelector('.unlike').offsetHeight"
    assert page.driver.execute_script(table) < 800
    assert (
        page.driver.execute_script("return document.querySelector('.list .row').offsetHeight") < 40
    )
    page.find(".list").send_keys(Keys.END)
    wait_for(page.driver, "return document.querySelector('.pair').textContent.includes('B #199')")
    page.find(".pair button").click()
    wait_for(
        page.driver,
        "const shown = document.querySelector('.pair pre').textContent;"
        " return shown.includes('A199 ') && shown.length > 5000",
    )


@pytest.mark.parametrize("width_px", [375, 1280, 2560])
def test_no_page_scrolls_sideways_at_any_width(page: Page, width_px: int) -> None:
    evil = "x" * 300
    one = page.put(
        "a", [(1.0, chat("\u0645\u0631\u062d\u0628\u0627" + evil))], url=f"http://one.test/{evil}"
    )
    other = page.put("b", [(0.5, chat(evil)), (1.0, chat("no"))], end="upstream_cut")
    size = {"width": width_px, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        compare = f"{page.url}/compare?a={key_of(one)}&b={key_of(other)}"
        for url in (page.url, f"{page.url}/captures/{key_of(one)}", compare):
            page.driver.get(url)
            wait_for(page.driver, "return document.querySelectorAll('.list .row').length > 0")
            page.driver.execute_script(
                "for (const d of document.querySelectorAll('main details')) d.open = true"
            )
            wide = "return document.documentElement.scrollWidth > innerWidth"
            assert not page.driver.execute_script(wide), url
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_server_that_does_not_know_a_capture_yet_is_asked_again(page: Page) -> None:
    path = page.folder / "a.ssetape"
    lines = page.raw([(1.0, chat("a")), (2.0, chat("b"))]).splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    page.look()
    page.open(path)
    page.wait_for_rows(1)
    page.stop()
    wait_for(page.driver, "return document.querySelector('.state').textContent.includes('lost')")
    path.rename(page.folder / "away")
    page.look()
    page.driver.get_log("performance")
    page.start(page.port)

    def was_refused() -> bool:
        return any(
            '"status":404' in entry["message"] for entry in page.driver.get_log("performance")
        )

    deadline_s = time.monotonic() + TIMEOUT_S
    while not was_refused():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    path.write_bytes(b"".join(lines))
    page.look()
    wait_for(page.driver, "return document.body.classList.contains('ended')")
    assert page.text(".said") == "ab"


def test_marks_of_what_is_gone_count_no_more(page: Page) -> None:
    paths = [page.put(name, STREAM) for name in "abc"]
    page.open()
    page.wait_for_rows(3)
    for number in (0, 1):
        script = f"document.querySelectorAll('.row input')[{number}].click()"
        page.driver.execute_script(script)
    assert page.text(".compare") == "Compare"
    for path in paths:
        path.unlink()
    page.look()
    wait_for(page.driver, "return document.querySelector('.compare').textContent.includes('0 m')")
    assert page.driver.execute_script("return document.querySelector('.compare').disabled")
    page.put("a", STREAM)
    page.wait_for_rows(1)


def test_a_list_that_has_become_empty_is_empty(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    path = page.put("a", STREAM)
    page.open()
    page.wait_for_rows(1)
    page.stop()
    path.unlink()
    # As in another process.
    monkeypatch.setattr(server_events, "_RUN", "another")
    page.listing = Listing([page.folder])
    page.start(page.port)
    page.wait_for_rows(0)
    wait_for(page.driver, "return !document.querySelector('.empty').hidden")


def test_an_empty_list_says_how_to_record_until_something_comes(page: Page) -> None:
    page.open()
    wait_for(page.driver, "return !document.querySelector('.empty').hidden")
    script = "return [...document.querySelectorAll('.copying pre')].map(e => e.textContent)"
    found = page.driver.execute_script(script)
    assert f"ssetape record -o {page.folder} -- python chat.py" in found
    assert len(page.driver.find_elements(By.CSS_SELECTOR, ".copying button")) == len(found)
    page.put("a", STREAM)
    page.wait_for_rows(1)
    assert page.driver.execute_script("return document.querySelector('.empty').hidden")


def test_the_list_says_what_was_answered_or_failed_or_asked(page: Page) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "Why is that?"}]}).encode()
    failure = b'data: {"error": {"message": "quota used up"}}\n\n'
    for number, (name, stream) in enumerate(
        (("a", STREAM), ("b", [(1.0, failure)]), ("c", [(1.0, chat(""))]))
    ):
        started = f"2026-11-23T09:3{number}:12.1Z"
        url = "http://one.test/v1/chat/completions"
        page.put(name, stream, url=url, method="POST", body=body, started=started)
    page.open()
    page.wait_for_rows(3)
    assert [row[-1] for row in page.rows()] == ["asked: Why is that?", "quota used up", "Hello"]
    page.find("input[type=search]").send_keys("why THAT")
    page.wait_for_rows(2)


def test_a_file_joins_the_list_in_its_place_once_it_says_when_it_began(page: Page) -> None:
    page.put("a", STREAM, started="2026-11-23T09:30:12.1Z")
    (page.folder / "b.ssetape").write_bytes(b"")
    page.look()
    page.open()
    page.wait_for_rows(2)
    page.put("b", STREAM, started="2026-11-23T09:31:12.1Z")
    wait_for(page.driver, "return document.querySelector('.row input').ariaLabel.includes('b.')")


def test_no_row_takes_the_place_of_one_that_is_being_clicked_on(page: Page) -> None:
    page.put("a", STREAM, started="2026-11-23T09:30:12.1Z")
    page.open()
    page.wait_for_rows(1)
    box = page.find(".row input")
    ActionChains(page.driver).click_and_hold(box).perform()
    page.put("b", STREAM, started="2026-11-23T09:31:12.1Z")
    wait_for(page.driver, "return document.querySelector('.count').textContent.includes('2 of 2')")
    page.driver.execute_async_script(
        "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
    )
    ActionChains(page.driver).release().perform()
    page.wait_for_rows(2)
    wait_for(page.driver, "return document.querySelectorAll('.row input')[1]?.checked")
    focused = "return document.activeElement === document.querySelector('.list')"
    wait_for(page.driver, focused)


def test_what_is_open_grows_and_keeps_the_focus(page: Page) -> None:
    def thought(text: str) -> bytes:
        value = {"choices": [{"index": 0, "delta": {"reasoning_content": text}}]}
        return b"data: " + json.dumps(value).encode() + b"\n\n"

    path = page.folder / "a.ssetape"
    whole = page.raw([(1.0, thought("Hm, ")), (2.0, thought("yes.")), (3.0, chat("Yes"))])
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    page.look()
    page.open(path)
    wait_for(
        page.driver,
        "const found = [...document.querySelectorAll('section:not([hidden]) > details > summary')]"
        ".find(each => each.textContent === 'Reasoning'); found?.click(); found?.focus();"
        " return found",
    )
    opened = "return document.querySelector('main details[open]')?.textContent"
    wait_for(page.driver, f"{opened} === 'ReasoningHm, '")
    with path.open("ab") as file:
        file.writelines(lines[3:])
    wait_for(page.driver, "return document.body.classList.contains('ended')")
    wait_for(page.driver, f"{opened} === 'ReasoningHm, yes.'")
    focused = "return document.activeElement.textContent"
    assert page.driver.execute_script(focused) == "Reasoning"


def test_chunks_come_once_however_often_they_are_asked_for(page: Page) -> None:
    path = page.put("a", [(n / 1000, b"data: x\n\n") for n in range(2500)])
    page.open(path)
    wait_for(page.driver, "return document.body.classList.contains('ended')")
    page.driver.execute_script(
        "[...document.querySelectorAll('details')].find(each =>"
        " each.textContent.startsWith('Bytes')).open = true"
    )
    count = "return document.querySelectorAll('.border').length"
    wait_for(page.driver, f"{count} === 1000")
    page.driver.execute_script(
        "const more = [...document.querySelectorAll('button')].find(each =>"
        " each.textContent.startsWith('show more of')); more.click(); more.click()"
    )
    wait_for(page.driver, f"{count} === 2000")
    page.driver.execute_script(
        "[...document.querySelectorAll('button')].find(each =>"
        " each.textContent.startsWith('show more of')).click()"
    )
    wait_for(page.driver, f"{count} === 2500")


def test_a_server_that_is_gone_is_told_where_something_was_asked_of_it(page: Page) -> None:
    path = page.put("a", STREAM)
    page.open(path)
    wait_for(page.driver, "return document.body.classList.contains('ended')")
    page.driver.execute_script("document.querySelector('.replay details').open = true")
    page.stop()
    for button in (".replay form button", ".stop"):
        page.driver.execute_script("document.querySelector('.served').replaceChildren()")
        page.find(button).click()
        told = "return document.querySelector('.served .alarm')?.textContent.includes('answer')"
        wait_for(page.driver, told)
    page.start(page.port)


def test_a_capture_is_replayed_from_the_page(page: Page) -> None:
    path = page.put("a", STREAM, url="http://one.test/v1/chat?q=1")
    page.open(path)
    page.driver.execute_script(
        "for (const d of document.querySelectorAll('details')) d.open = true"
    )
    page.find("input[name=instant]").click()
    page.find("input[name=fault]").send_keys("drop event=1")
    page.find(".replay form button").click()
    wait_for(page.driver, "return document.querySelectorAll('.served pre').length === 3")
    texts = page.driver.execute_script(
        "return [...document.querySelectorAll('.served pre')].map(e => e.textContent)"
    )
    assert texts[0].endswith("/v1/chat?q=1")
    expected = b"".join(data for _, data in STREAM[1:])
    with urllib.request.urlopen(texts[0], timeout=TIMEOUT_S) as answer:
        assert answer.read() == expected
    told = subprocess.run(["bash", "-c", texts[2]], capture_output=True, timeout=TIMEOUT_S)
    assert told.stdout == expected
    page.find("input[name=fault]").send_keys("nonsense")
    page.find(".replay form button").click()
    wait_for(page.driver, "return document.querySelector('.served .alarm') !== null")
    page.find(".stop").click()
    wait_for(page.driver, "return document.querySelector('.stop').disabled")


def test_hostile_captures_are_text_and_nothing_is_asked_of_anybody(page: Page) -> None:
    chunks = [
        (1.0, chat(f"{EVIL}\x00\x1b\u202e\u2028")),
        (2.0, b"event: " + EVIL.encode() + b"\ndata: \xff\xfe\n\n"),
        (3.0, b"data: " + b"x" * 5_000_000 + b"\n\n"),
    ]
    headers = [("content-type", "text/event-stream"), ("x-evil", EVIL)]
    path = page.put("a", chunks, url=f"http://a.test/{EVIL}", headers=headers, body=EVIL.encode())
    other = page.put("b", STREAM)
    page.driver.get_log("performance")
    page.open()
    page.wait_for_rows(2)
    page.open(path)
    wait_for(page.driver, "return document.body.classList.contains('ended')")
    page.driver.execute_script(
        "for (const d of document.querySelectorAll('details')) d.open = true"
    )
    assert EVIL in page.text(".said")
    assert "\\u0000\\u001b\\u202e\\u2028" in page.text(".said")
    page.driver.get(f"{page.url}/compare?a={key_of(path)}&b={key_of(other)}")
    wait_for(page.driver, "return document.querySelector('canvas') !== null")
    assert page.driver.title.startswith("Compare")
    assert page.driver.execute_script("return document.querySelectorAll('img').length") == 0
    asked = [
        json.loads(entry["message"])["message"]["params"]["request"]["url"]
        for entry in page.driver.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
    ]
    assert len(asked) > 10
    assert {url for url in asked if not url.startswith((page.url, "data:"))} == set()


@pytest.mark.parametrize("width", [375, 2560])
def test_it_fits_narrow_and_wide_windows(page: Page, width: int) -> None:
    path = page.put("a", STREAM, url=f"http://one.test/{'long/' * 60}")
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    try:
        for place in (
            "/",
            f"/captures/{key_of(path)}",
            f"/compare?a={key_of(path)}&b={key_of(path)}",
        ):
            page.driver.get(page.url + place)
            wait_for(page.driver, "return document.querySelector('main') !== null")
            wide = page.driver.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width, place
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, scheme: str) -> None:
    axe = Path(MODULES or "/nowhere") / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("no axe-core in $SSETAPE_NODE_MODULES: npm install axe-core")
    path = page.put("a", STREAM)
    other = page.put("b", [(0.5, chat("Hal"))])
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    try:
        for place in (
            "/",
            f"/captures/{key_of(path)}",
            f"/compare?a={key_of(path)}&b={key_of(other)}",
        ):
            page.driver.get(page.url + place)
            wait_for(page.driver, "return document.querySelector('main') !== null")
            wait_for(page.driver, "return document.querySelector('.row') !== null")
            opening = "for (const d of document.querySelectorAll('details')) d.open = true"
            page.driver.execute_script(opening)
            page.driver.execute_script(axe.read_text())
            found = page.driver.execute_async_script(
                "const done = arguments[0]; axe.run().then(r => done(r.violations))"
            )
            serious = [v for v in found if v["impact"] in ("serious", "critical")]
            named = [(v["id"], [n["html"] for n in v["nodes"]]) for v in serious]
            assert serious == [], (place, named)
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@contextmanager
def recording(origin: Origin, folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "ssetape", "record", "--view", "-o", str(folder)]
    command += ["--port", "0", "--reverse", origin.url, *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def said(process: subprocess.Popen[str], pattern: str) -> str:
    """What a program says, by a pattern that has it in a group."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"{pattern!r} was not said")


def test_a_real_recording_is_on_the_page_while_it_goes_on(driver: Chrome, tmp_path: Path) -> None:
    go_on = threading.Event()

    def stream(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(chat("One, "))
        go_on.wait(TIMEOUT_S)
        exchange.chunk(chat("two."))
        exchange.end()

    with Origin() as origin, recording(origin, tmp_path) as process:
        origin.serve_at("/v1/chat", stream)
        proxy = said(process, r"listening at (http://\S+?),")
        page = said(process, r"the captures are at (\S+)")
        driver.get(page)
        wait_for(driver, "return document.querySelector('.state').textContent === 'live'")
        answer = urllib.request.urlopen(f"{proxy}/v1/chat", timeout=TIMEOUT_S)
        try:
            wait_for(driver, "return document.querySelectorAll('.list .row').length === 1")
            wait_for(
                driver, "return document.querySelector('.row').textContent.includes('recording')"
            )
            # At one go: rows are made anew as they change.
            driver.execute_script("document.querySelector('.list .row span:nth-child(4)').click()")
            text = "return document.querySelector('.said')?.textContent"
            wait_for(driver, f"{text} === 'One, '")
            go_on.set()
            wait_for(driver, f"{text} === 'One, two.'")
            answer.read()
        finally:
            answer.close()
        wait_for(driver, "return document.body.classList.contains('ended')")
        driver.get("about:blank")
