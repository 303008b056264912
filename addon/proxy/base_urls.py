"""The variables in which SDKs look for their server, for `ssetape record --reverse`."""

from typing import NamedTuple
from urllib.parse import urlsplit


class _Variable(NamedTuple):
    """Where one SDK looks.

    Attributes:
        host: its provider's own host.
        wants: the path that the variable has to carry where --reverse names none.
        adds: paths that the SDK appends by itself, which therefore must not be in the variable.
    """

    name: str
    host: str
    wants: str
    adds: tuple[str, ...]


# Left out on purpose: AWS_ENDPOINT_URL, as AWS's signatures cover the host that was asked;
# Mistral's SDKs, which read no such variable.
_VARIABLES = (
    # https://github.com/openai/openai-python/blob/main/src/openai/_client.py
    _Variable("OPENAI_BASE_URL", "api.openai.com", "/v1", ()),
    # Before 1.0, and https://reference.langchain.com/python/langchain-openai/
    _Variable("OPENAI_API_BASE", "api.openai.com", "/v1", ()),
    # https://github.com/openai/openai-python/blob/main/src/openai/lib/azure.py
    _Variable("AZURE_OPENAI_ENDPOINT", "openai.azure.com", "", ("/openai",)),
    # https://github.com/anthropics/anthropic-sdk-python/blob/main/src/anthropic/_client.py
    _Variable("ANTHROPIC_BASE_URL", "api.anthropic.com", "", ("/v1",)),
    # https://github.com/googleapis/python-genai/blob/main/google/genai/_base_url.py
    _Variable("GOOGLE_GEMINI_BASE_URL", "generativelanguage.googleapis.com", "", ("/v1beta",)),
    # https://docs.cohere.com/docs/create-client
    _Variable("CO_API_URL", "api.cohere.com", "", ("/v1", "/v2")),
    # https://github.com/groq/groq-python/blob/main/src/groq/_client.py
    _Variable("GROQ_BASE_URL", "api.groq.com", "", ("/openai/v1",)),
    # https://github.com/ollama/ollama-python/blob/main/ollama/_client.py
    _Variable("OLLAMA_HOST", "ollama.com", "", ("/api", "/v1")),
)


def split(url: str) -> tuple[str, str]:
    """The server in a URL, and the path after it ("" for none, no slash at its end).

    mitmproxy sends to a server and knows no path: that has to be in what clients ask for.
    """
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return scheme + separator + authority, (slash + path).rstrip("/")


def variables(reverse: str, proxy_url: str) -> dict[str, str]:
    """What has SDKs ask the proxy at `proxy_url`, which stands in for the URL `reverse`.

    Where `reverse` is a provider's own host these are its variables alone: keys for other
    providers are not to be sent there. A path means a server that speaks OpenAI's protocol as
    well. A host that nobody knows, as a gateway, may stand for any of them.
    """
    path = split(reverse)[1]
    host = urlsplit(reverse).hostname or ""
    known = {v.host for v in _VARIABLES if host == v.host or host.endswith(f".{v.host}")}
    chosen = {}
    for variable in _VARIABLES:
        speaks_openai = bool(path) and variable.host == "api.openai.com"
        if not known or variable.host in known or speaks_openai:
            chosen[variable.name] = proxy_url + _path_for(variable, path)
    return chosen


def _path_for(variable: _Variable, path: str) -> str:
    added = next((suffix for suffix in variable.adds if path.endswith(suffix)), "")
    return path.removesuffix(added) or variable.wants
