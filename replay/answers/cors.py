"""CORS headers, with which a browser lets pages of another origin read an answer. Pure.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from ssetape.format.values import Headers, header_values

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# Recorded values of these were for other origins.
_REPLACED = frozenset(
    {
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-expose-headers",
    }
)


def is_preflight(method: str, headers: Headers) -> bool:
    """Whether a request is a CORS preflight."""
    return method == "OPTIONS" and bool(header_values(headers, "access-control-request-method"))


def preflight_answer(headers: Headers) -> Headers:
    """The headers that allow all that a preflight requests, with credentials."""
    wanted = ", ".join(header_values(headers, "access-control-request-headers"))
    answer = [
        *_allowed(headers),
        ("access-control-allow-methods", _METHODS),
        ("access-control-max-age", "600"),
    ]
    if wanted:
        answer.append(("access-control-allow-headers", wanted))
    if header_values(headers, "access-control-request-private-network"):
        answer.append(("access-control-allow-private-network", "true"))
    return answer


def shared(asked: Headers, response: Headers) -> Headers:
    """A response's headers, changed to let the requesting page read it and all its headers."""
    if not header_values(asked, "origin"):
        return response
    kept = [(name, value) for name, value in response if name.lower() not in _REPLACED]
    names = ", ".join(dict.fromkeys(name.lower() for name, _ in kept))
    return [*kept, *_allowed(asked), ("access-control-expose-headers", names)]


def _allowed(asked: Headers) -> Headers:
    origin = next(iter(header_values(asked, "origin")), "*")
    return [
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true"),
        ("vary", "Origin"),
    ]
