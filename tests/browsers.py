"""A real Chromium, driven by the tests that need one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.support.ui import WebDriverWait

TIMEOUT_S = 60.0  # for what should never happen; no test waits for it

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def browser(profile: Path, *flags: str, logs_network: bool = False) -> Iterator[Chrome]:
    options = ChromeOptions()
    if logs_network:
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*_FLAGS, f"--user-data-dir={profile}", *flags):
        options.add_argument(flag)
    driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
    try:
        driver.set_page_load_timeout(TIMEOUT_S)
        yield driver
    finally:
        driver.quit()


def wait_for(driver: Chrome, script: str) -> Any:
    """What a script in the page gives, as soon as that is true."""
    return WebDriverWait(driver, TIMEOUT_S, 0.05).until(lambda _: driver.execute_script(script))


needs_chromium = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="no chromium and chromedriver here: apt install chromium chromium-driver",
)
