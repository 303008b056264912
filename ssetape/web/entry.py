"""Lets only those in who have the token: every user of a machine can connect to its servers.

The token comes in the page's URL. A browser is sent on to the URL without it, with a cookie for it,
so that it stays in no address bar, history or Referer. Programs may keep it in their URLs, or send
it as `Authorization: Bearer TOKEN`.
"""

import hmac
import html
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN = "token"
_REFUSED = (
    "This page needs a token: open the URL that `ssetape view` printed when it started. "
    "It keeps other users of this machine out.\n"
)


class Entry:
    """Refuses requests without the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = _cookie_name(scope)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = next((value for key, value in query if key == TOKEN), None)
        app: ASGIApp
        has_given = given is not None and self._is_token(given)
        if has_given and "text/html" in headers.get("accept", ""):
            app = _moved(scope, [pair for pair in query if pair[0] != TOKEN])
            app.set_cookie(name, self._token, httponly=True, samesite="strict")
        elif has_given or self._may_enter(headers, name):
            app = self._app
        elif _is_followed_link(scope["method"], headers):
            app = _opened_again(scope)
        else:
            app = PlainTextResponse(_REFUSED, 403)
        await app(scope, receive, send)

    def _may_enter(self, headers: Headers, name: str) -> bool:
        cookie = cookie_parser(headers.get("cookie", "")).get(name, "")
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        return self._is_token(cookie) or (kind.lower() == "bearer" and self._is_token(bearer))

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())


def _cookie_name(scope: Scope) -> str:
    """Cookies ignore ports: without the port, servers would take each other's."""
    _, port = scope.get("server") or ("", 0)
    return f"ssetape-{port}"


def _is_followed_link(method: str, headers: Headers) -> bool:
    """Whether another site led here: then the browser keeps the cookie back (SameSite)."""
    return (
        method == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-site") in ("cross-site", "same-site")
    )


def _moved(scope: Scope, query: list[tuple[str, str]]) -> Response:
    headers = {"cache-control": "no-store"}
    return RedirectResponse(_url(scope, urlencode(query)), 303, headers)


def _opened_again(scope: Scope) -> Response:
    """A page that opens the same URL once more, now from this site."""
    url = html.escape(_url(scope, scope["query_string"].decode("latin-1")))
    page = f'<!doctype html><meta http-equiv="refresh" content="0;url={url}"><title>...</title>'
    return HTMLResponse(page, headers={"cache-control": "no-store"})


def _url(scope: Scope, query: str) -> str:
    # A path that starts with two slashes would name another server.
    path = "/" + quote(scope["path"].lstrip("/\\"), safe="/")
    return f"{path}?{query}" if query else path
