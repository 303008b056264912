"""The options for opening a browser, in verbs that run a proxy."""

from dataclasses import dataclass

import click

from ssetape.cli.options.group import option_group
from ssetape.cli.options.paths import PATH


@dataclass(frozen=True, slots=True)
class BrowserChoice:
    """Whether to open a browser, and which."""

    in_browser: bool
    browser_path: str | None

    @property
    def is_wanted(self) -> bool:
        return self.in_browser or self.browser_path is not None

    def program(self) -> str | None:
        """The path of the browser's program; None if no browser is wanted.

        Raises:
            RecordError: no browser was found.
        """
        if not self.is_wanted:
            return None
        from ssetape.tap import chromium

        return chromium.find(self.browser_path)


browser_options = option_group(
    "browser",
    BrowserChoice,
    click.option(
        "--browser",
        "in_browser",
        is_flag=True,
        help="Open a browser that uses the proxy; COMMAND is its URL and flags.",
    ),
    click.option(
        "--browser-path", type=PATH, metavar="PATH", help="The browser; any based on Chromium."
    ),
)
