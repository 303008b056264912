import pytest

from ssetape.requests.background import is_background

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64)"}


def fields(site: str, mode: str, dest: str) -> dict[str, str]:
    names = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")
    return {**BROWSER, **dict(zip(names, (site, mode, dest), strict=True))}


@pytest.mark.parametrize(
    ("scheme", "host", "headers", "is_own"),
    [
        ("https", "anything.test", fields("none", "no-cors", "empty"), True),
        ("https", "accounts.google.com", fields("none", "navigate", "document"), False),
        ("https", "accounts.google.com", fields("same-origin", "cors", "empty"), False),
        ("https", "update.googleapis.com", {}, False),  # not a browser: a program of one's own
        ("http", "clients2.google.com", BROWSER, True),
        ("http", "clients2.google.com", {**BROWSER, "upgrade-insecure-requests": "1"}, False),
        ("http", "clients2.google.com", {**BROWSER, "referer": "http://a.test/"}, False),
        ("http", "clients2.google.com", {"user-agent": "curl/8"}, False),
        ("http", "a.test", BROWSER, False),
    ],
)
def test_what_no_page_asked_for_is_the_browser_s_own(
    scheme: str, host: str, headers: dict[str, str], is_own: bool
) -> None:
    assert is_background(scheme, host, headers) is is_own
