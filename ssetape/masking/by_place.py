"""Masks credentials before they reach a file, and always marks what was masked.

Standard library only, because the recorder loads it. Structure that is not secret stays readable:
the scheme of an authorization, the names and attributes of cookies.
"""

import re
from dataclasses import replace
from urllib.parse import unquote_plus

from ssetape.format.values import Headers, Request, Response
from ssetape.masking.names import Telling, is_secret, is_secret_parameter, telling, word_set
from ssetape.masking.randomness import looks_random

MASK = "MASKED"

# Headers that are credentials, whatever their values look like: those of RFC 9110 and RFC 6265.
# Of others, the name or the value tells.
_CREDENTIALS = word_set(
    """
    authorization cookie cookie2 proxy-authorization set-cookie set-cookie2 x-authorization
    """
)
# Words in the names of headers whose values look random and are no secrets: identifiers of
# requests and builds, checksums, and what describes a connection or a body.
_HARMLESS_WORDS = word_set(
    """
    accept account alt amz b3 baggage beta build cache cdn cf cfduid checksum commit content
    correlation crc data date deploy deployment digest edge encoding etag expect fingerprint fly
    hash host id ids instance key keywords link location match md5 model nel nonce org
    organization origin pad parent pod policy powered project ray region release report request
    revision sec served server sha sha1 sha256 span stainless state tag tenant timing trace
    traceid traceparent tracestate transfer type ua unique upgrade user uuid varnish vary
    version via warning websocket
    """
)

# Headers whose values are URLs, which may repeat a request's secret parameters.
_URL_HEADERS = frozenset({"content-location", "location", "referer"})

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,30}) +(?=\S)")
# Also in fragments, where redirects carry access tokens (RFC 6749, section 4.2.2), and in paths,
# where servers put sessions (`;jsessionid=`).
_PARAMETER = re.compile(r"([?&#])([^=&#]*)=([^&#]*)|(;)([^=&#;/?]*)=([^&#;/?]*)")
_USER_INFO = re.compile(r"(?<=://)[^/?#@\s]+@")


def mask_request(request: Request) -> Request:
    """The request with the credentials in its URL and headers masked and marked."""
    url, query = mask_url(request.url)
    headers, names = mask_headers(request.headers)
    return replace(
        request,
        url=url,
        headers=headers,
        masked_headers=_with(request.masked_headers, names),
        masked_query=_with(request.masked_query, query),
    )


def mask_response(response: Response) -> Response:
    """The response with the credentials in its headers masked and marked."""
    headers, names = mask_headers(response.headers)
    decoded, more = mask_headers(response.decoded_headers)
    names = [*names, *more]
    return replace(
        response,
        headers=headers,
        decoded_headers=decoded,
        masked_headers=_with(response.masked_headers, names),
    )


def _with(known: tuple[str, ...], names: list[str]) -> tuple[str, ...]:
    """The names known to be masked, and others: what is masked once no longer looks secret."""
    return tuple(dict.fromkeys([*known, *names]))


def mask_headers(headers: Headers) -> tuple[Headers, list[str]]:
    """The headers with credentials masked, and the names (lower case) of those changed."""
    masked: Headers = []
    changed: list[str] = []
    for name, value in headers:
        lower = name.lower()
        if lower in _CREDENTIALS:
            new = _mask_value(lower, value)
        elif lower in _URL_HEADERS:
            new = _USER_INFO.sub(f"{MASK}@", mask_url(value)[0])
        elif _is_secret_header(lower, value):
            new = MASK
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
        mark, raw_name, value = (part for part in match.groups() if part is not None)
        name = unquote_plus(raw_name)
        if not is_secret_parameter(name, unquote_plus(value)):
            return match[0]
        if name not in changed:
            changed.append(name)
        return f"{mark}{raw_name}={MASK}"

    return _PARAMETER.sub(mask, url), changed


def _is_secret_header(name: str, value: str) -> bool:
    told = telling(name)
    if told is Telling.NOTHING:
        return looks_random(value) and _HARMLESS_WORDS.isdisjoint(name.split("-"))
    return bool(value.strip()) and (told is Telling.SECRET or is_secret(name, value))


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
