"""The documentation as a site: whole, its links lead somewhere, and all of it comes along."""

import json
import re
import subprocess
import sys
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browsers import browser, needs_chromium, wait_for
from selenium.webdriver.support.ui import WebDriverWait

from ssetape.replay.running import serving

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(
        find_spec("mkdocs") is None,
        reason="mkdocs is not installed: uv run --group docs pytest -m programs",
    ),
]


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


class Reader(HTMLParser):
    """What a page has and asks for."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in ("canonical", "prev", "next"):
            self.loaded.append(given["href"])
        self.loaded += [
            given[name] for name in ("src", "srcset", "data", "poster") if name in given
        ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(made)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Reader]:
    return {path: Reader(path) for path in site.rglob("*.html")}


def test_every_page_of_the_documentation_is_in_the_site(site: Path) -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        assert (site / path.relative_to(ROOT / "docs").with_suffix(".html")).is_file()
    for path in ("bench/index.html", "samples/index.html", "CHANGELOG.html"):
        assert (site / path).is_file()
    assert not (site / "make_cli.py").exists()


def test_no_page_loads_anything_from_elsewhere(site: Path, pages: dict[Path, Reader]) -> None:
    assert len(pages) > 20
    for path, page in pages.items():
        assert page.loaded
        for address in page.loaded:
            assert not urlsplit(address).netloc, f"{path.name}: {address}"
    for sheet in site.rglob("*.css"):
        text = sheet.read_text("utf-8")
        assert "@import" not in text
        assert "url(http" not in text
        assert "url(//" not in text


def test_every_link_within_the_site_leads_to_a_page_and_a_heading(
    site: Path, pages: dict[Path, Reader]
) -> None:
    followed = 0
    for path, page in pages.items():
        if path.name == "404.html":  # it may be served below any folder, so its links are absolute
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{path.relative_to(site)}: {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].ids, f"{path.name}: {link}"
            followed += 1
    assert followed > 500


def test_the_reference_has_the_docstrings(site: Path) -> None:
    page = (site / "api.html").read_text("utf-8")
    for name in ("ssetape.open", "ssetape.replay.running.serving", "ssetape.errors.CaptureError"):
        assert f'id="{name}"' in page, name
    first_line = (serving.__doc__ or "").partition("\n")[0]
    assert re.sub("`(.+?)`", r"<code>\1</code>", first_line) in page


@needs_chromium
def test_a_browser_searches_it_and_asks_nobody_else(site: Path, tmp_path: Path) -> None:
    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        with browser(tmp_path, "--no-proxy-server", logs_network=True) as driver:
            driver.get(f"{url}index.html")
            box = driver.find_element("css selector", "[data-md-component=search-query]")
            driver.execute_script("document.getElementById('__search').click()")
            WebDriverWait(driver, 60).until(lambda _: box.is_displayed())
            box.send_keys("chunk boundaries")
            found = "return [...document.querySelectorAll('.md-search-result__link')].length"
            assert wait_for(driver, found) > 1
            driver.get(f"{url}recipes/javascript.html")
            entries = [json.loads(entry["message"]) for entry in driver.get_log("performance")]
        server.shutdown()
    asked = {
        entry["message"]["params"]["request"]["url"]
        for entry in entries
        if entry["message"]["method"] == "Network.requestWillBeSent"
    }
    assert f"{url}search/search_index.json" in asked
    # The browser's own new tab, data: and blob: come from nobody.
    of_the_network = {address for address in asked if address.startswith(("http", "ws", "ftp"))}
    assert {address for address in of_the_network if not address.startswith(url)} == set()
