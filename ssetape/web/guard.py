"""Who may ask the page's server: this machine's own page, under a name that is this machine's.

Without it a page from elsewhere could read captures, by a name of its own that points here, or
have them replayed: https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_rebinding
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NAMES = ("127.0.0.1", "localhost", "::1")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_SAFE = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Refuses strangers, and tells browsers what the page may do: nothing outside this server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SAFE.items():
                    headers[name] = value
                # A later version's page is not to get this one's scripts.
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        refusal = why_refused(scope["method"], Headers(scope=scope))
        app = PlainTextResponse(f"{refusal}\n", 403) if refusal else self._app
        await app(scope, receive, send_safely)


def why_refused(method: str, headers: Headers) -> str | None:
    """Why a request may be a foreign page's, or None."""
    host = headers.get("host", "")
    if _hostname(host) not in _NAMES:
        return f"expected 127.0.0.1 or localhost as the host, found {host!r:.100}"
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return f"a page of {origin!r:.100} may not ask for this"
    site = headers.get("sec-fetch-site", "none")
    # That somebody follows a link to this page is no harm.
    is_visit = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    if site not in ("same-origin", "none") and not is_visit:
        return "a page of another site may not ask for this"
    return None


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
