"""Recognises what a browser asks of its own accord: updates, accounts, spelling, hints for pages.

No page has asked for it, so it is neither recorded nor replayed, and goes nowhere: it would fill a
recording with what nobody looks for, and a log with misses. Flags switch off most of it
(`ssetape/tap/chromium.py`). What is left shows in what browsers say of a request's origin: only a
page's navigation comes from nowhere too, and says that it is one. Pure.
"""

from collections.abc import Mapping

# https://www.w3.org/TR/fetch-metadata/: sent by browsers alone, and to https alone.
_FROM_NO_PAGE = {"sec-fetch-site": "none", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty"}
# What browsers ask of their own accord, over http too; seen with Chromium 156.
SERVICES = frozenset(
    {
        "accounts.google.com",
        "android.clients.google.com",
        "clients2.google.com",
        "content-autofill.googleapis.com",
        "edge.microsoft.com",
        "optimizationguide-pa.googleapis.com",
        "safebrowsing.googleapis.com",
        "update.googleapis.com",
    }
)
_BROWSER = "Mozilla/"


def is_background(scheme: str, host: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser, and no page in it, makes a request.

    Args:
        headers: by name, in lower case or whatever case if the mapping ignores it.
    """
    if scheme == "http":
        is_browser = headers.get("user-agent", "").startswith(_BROWSER)
        is_of_page = "referer" in headers or "upgrade-insecure-requests" in headers
        return host in SERVICES and is_browser and not is_of_page
    return all(headers.get(name) == value for name, value in _FROM_NO_PAGE.items())
