"""The variables from which SDKs read their base URL, for `ssetape record --reverse`."""

from typing import NamedTuple
from urllib.parse import urlsplit


class _Variable(NamedTuple):
    """A variable that one SDK reads.

    Attributes:
        host: the provider's own host.
        wants: the path that the variable needs if --reverse names no path.
        adds: paths that the SDK appends itself, so the variable must not contain them.
    """

    name: str
    host: str
    wants: str
    adds: tuple[str, ...]


# Left out on purpose: AWS_ENDPOINT_URL, because AWS signatures cover the host; Mistral's SDKs,
# because they read no such variable.
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
    """Split a URL into its server and its path ("" if there is none, no slash at its end).

    mitmproxy's reverse mode takes a server without a path: the path has to be in the clients'
    base URL.
    """
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return scheme + separator + authority, (slash + path).rstrip("/")


def variables(reverse: str, proxy_url: str) -> dict[str, str]:
    """The variables that point SDKs at the proxy at `proxy_url`, which stands in for `reverse`.

    If `reverse` is a provider's own host, these are that provider's variables: keys for other
    providers must not be sent there. A path means that the server also speaks OpenAI's protocol.
    An unknown host, such as a gateway, may stand in for any provider.
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
