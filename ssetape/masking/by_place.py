"""Masks credentials before they reach a file, and always marks what was masked.

Standard library only, because the recorder loads it. Structure that is not secret stays readable:
the scheme of an authorization, the names and attributes of cookies.
"""

import re
from dataclasses import replace
from urllib.parse import unquote_plus

from ssetape.format.values import Headers, Request, Response

MASK = "MASKED"

# Headers that carry credentials: those of RFC 9110 and RFC 6265, and the key headers of often
# recorded APIs (Anthropic, Azure, Google, AWS, ChatGPT's web client).
SECRET_HEADERS = frozenset(
    {
        "api-key",
        "authentication",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "proxy-authorization",
        "set-cookie",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-auth-token",
        "x-conduit-token",
        "x-csrf-token",
        "x-goog-api-key",
        "x-xsrf-token",
    }
)

SECRET_PARAMETERS = frozenset(
    {
        "access_token",
        "api-key",
        "api_key",
        "apikey",
        "auth",
        "auth_token",
        "client_secret",
        "code",
        "id_token",
        "key",
        "password",
        "refresh_token",
        "secret",
        "sig",
        "signature",
        "subscription-key",
        "token",
        "x-amz-credential",
        "x-amz-security-token",
        "x-amz-signature",
        "x-goog-credential",
        "x-goog-signature",
    }
)

# Headers whose values are URLs, which may repeat a request's secret parameters.
_URL_HEADERS = frozenset({"content-location", "location", "referer"})

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,30}) +(?=\S)")
# Also in fragments: redirects carry access tokens there, RFC 6749 section 4.2.2.
_PARAMETER = re.compile(r"([?&#])([^=&#]*)=([^&#]*)")
_USER_INFO = re.compile(r"(?<=://)[^/?#@\s]+@")


def mask_request(request: Request) -> Request:
    """The request with the credentials in its URL and headers masked and marked."""
    url, query = mask_url(request.url)
    headers, names = mask_headers(request.headers)
    return replace(
        request, url=url, headers=headers, masked_headers=tuple(names), masked_query=tuple(query)
    )


def mask_response(response: Response) -> Response:
    """The response with the credentials in its headers masked and marked."""
    headers, names = mask_headers(response.headers)
    return replace(response, headers=headers, masked_headers=tuple(names))


def mask_headers(headers: Headers) -> tuple[Headers, list[str]]:
    """The headers with credentials masked, and the names (lower case) of those changed."""
    masked: Headers = []
    changed: list[str] = []
    for name, value in headers:
        lower = name.lower()
        if lower in SECRET_HEADERS:
            new = _mask_value(lower, value)
        elif lower in _URL_HEADERS:
            new = _USER_INFO.sub(f"{MASK}@", mask_url(value)[0])
        else:
            new = value
        if new != value and lower not in changed:
            changed.append(lower)
        masked.append((name, new))
    return masked, changed


def mask_url(url: str) -> tuple[str, list[str]]:
    """The URL with the values of secret query parameters masked, and their names."""
    changed: list[str] = []

    def mask(match: re.Match[str]) -> str:
        name = unquote_plus(match[2])
        if name.lower() not in SECRET_PARAMETERS or match[3] in ("", MASK):
            return match[0]
        if name not in changed:
            changed.append(name)
        return f"{match[1]}{match[2]}={MASK}"

    return _PARAMETER.sub(mask, url), changed


def _mask_value(name: str, value: str) -> str:
    if not value.strip():
        return value
    if name == "cookie":
        return "; ".join(_mask_cookie(pair) for pair in value.split(";") if pair.strip())
    if name == "set-cookie":
        pair, semicolon, attributes = value.partition(";")
        return _mask_cookie(pair) + semicolon + attributes
    scheme = _SCHEME.match(value) if name.endswith("authorization") else None
    return f"{scheme[1]} {MASK}" if scheme else MASK


def _mask_cookie(pair: str) -> str:
    name, equals, _ = pair.strip().partition("=")
    return f"{name}={MASK}" if equals else MASK
