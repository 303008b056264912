"""Makes an absolute URL of what stands for one: cassettes have placeholders for their servers."""

import re

from ssetape.format.values import Headers, header_values

# A host that no resolver knows (RFC 6761), for addresses whose server is not known.
UNKNOWN_HOST = "imported.invalid"

# <API_BASE>, {{base_url}}, {{ _.base }}, ${HOST}, $HOST, %{host}, %HOST%, [[HOST]], __HOST__
_PLACEHOLDER = re.compile(
    r"<[^<>/\s]+>|\{\{[^{}]+\}\}|\$\{[^{}]+\}|%\{[^{}]+\}|\{[^{}/]+\}|\[\[[^\[\]]+\]\]"
    r"|\$[A-Za-z_]\w*|%[A-Za-z_]\w*%|__[A-Za-z]\w*?__|<%=?[^%]*%>"
)
_ABSOLUTE = re.compile(r"(?i)([a-z][a-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)


def absolute(url: str, headers: Headers) -> tuple[str, list[str]]:
    """An absolute URL, and what to tell of it; "" if `url` is not even a path.

    Args:
        headers: those of the request, whose Host counts where the URL has no server.
    """
    url = url.strip()
    if found := _ABSOLUTE.match(url):
        scheme, server, rest = found.groups()
        if server and not _PLACEHOLDER.search(server):
            return url, []
        if not server:
            return f"{scheme}://{UNKNOWN_HOST}{rest}", [_note(url, UNKNOWN_HOST)]
        named = _PLACEHOLDER.sub(lambda match: _label(match[0]), server)
        host = named if "." in named and not named.endswith(".") else f"{named}.invalid"
        return f"{scheme}://{host}{rest}", [_note(server, host)]
    if found := _PLACEHOLDER.match(url):
        if "://" in found[0]:
            return "", []
        host = f"{_label(found[0])}.invalid"
        return f"http://{host}{_path(url[found.end() :])}", [_note(found[0], host)]
    if url.startswith("//"):
        return absolute(f"http:{url}", headers)
    if url.startswith("/"):
        host = next(iter(header_values(headers, "host")), UNKNOWN_HOST)
        return f"http://{host}{url}", [_note(url, host)]
    return "", []


def with_ascii_host(url: str) -> str:
    """The URL with its host as browsers send it: bücher.example becomes xn--bcher-kva.example."""
    found = _ABSOLUTE.match(url)
    if found is None or found[2].isascii():
        return url
    scheme, server, rest = found.groups()
    user, at, place = server.rpartition("@")
    host, colon, port = place.partition(":")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:  # no name that there could be
        return url
    return f"{scheme}://{user}{at}{host}{colon}{port}{rest}"


def _label(placeholder: str) -> str:
    """A label of a host name, from the words of a placeholder."""
    words = re.sub(r"[^a-z0-9]+", "-", placeholder.lower()).strip("-")
    return words[:60].strip("-") or "placeholder"


def _path(rest: str) -> str:
    return rest if not rest or rest.startswith(("/", "?", "#", ":")) else f"/{rest}"


def _note(found: str, host: str) -> str:
    return f"the source names no server ({found:.60}); the URL has {host} in its place"
