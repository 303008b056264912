import pytest

from ssetape.addon.proxy import base_urls

PROXY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("url", "server", "path"),
    [
        ("https://api.openai.com", "https://api.openai.com", ""),
        ("https://api.openai.com/", "https://api.openai.com", ""),
        ("https://api.openai.com/v1/", "https://api.openai.com", "/v1"),
        ("http://[::1]:8080/a/b", "http://[::1]:8080", "/a/b"),
    ],
)
def test_a_url_is_a_server_and_a_path(url: str, server: str, path: str) -> None:
    assert base_urls.split(url) == (server, path)


@pytest.mark.parametrize(
    ("reverse", "expected"),
    [
        ("https://api.openai.com", {"OPENAI_BASE_URL": "/v1", "OPENAI_API_BASE": "/v1"}),
        ("https://api.openai.com/v1", {"OPENAI_BASE_URL": "/v1", "OPENAI_API_BASE": "/v1"}),
        ("https://api.anthropic.com", {"ANTHROPIC_BASE_URL": ""}),
        ("https://api.groq.com", {"GROQ_BASE_URL": ""}),
        # Its own SDK adds the path; OpenAI's wants it.
        (
            "https://api.groq.com/openai/v1",
            {
                "GROQ_BASE_URL": "",
                "OPENAI_BASE_URL": "/openai/v1",
                "OPENAI_API_BASE": "/openai/v1",
            },
        ),
        ("https://mine.openai.azure.com", {"AZURE_OPENAI_ENDPOINT": ""}),
        ("https://generativelanguage.googleapis.com", {"GOOGLE_GEMINI_BASE_URL": ""}),
        ("https://api.cohere.com", {"CO_API_URL": ""}),
    ],
)
def test_a_provider_s_own_host_sets_what_its_sdk_reads_alone(
    reverse: str, expected: dict[str, str]
) -> None:
    """Keys for one provider are not to be sent to another."""
    set_ = base_urls.variables(reverse, PROXY)
    assert set_ == {name: PROXY + path for name, path in expected.items()}


def test_a_host_that_nobody_knows_may_be_any_of_them() -> None:
    set_ = base_urls.variables("http://localhost:11434", PROXY)
    assert set_["OPENAI_BASE_URL"] == f"{PROXY}/v1"
    assert set_["ANTHROPIC_BASE_URL"] == set_["OLLAMA_HOST"] == set_["GROQ_BASE_URL"] == PROXY


def test_a_path_is_kept_but_for_what_an_sdk_adds_by_itself() -> None:
    set_ = base_urls.variables("https://gateway.example/llm/v1/", PROXY)
    assert set_["OPENAI_BASE_URL"] == f"{PROXY}/llm/v1"
    assert set_["ANTHROPIC_BASE_URL"] == f"{PROXY}/llm"
    assert set_["GOOGLE_GEMINI_BASE_URL"] == f"{PROXY}/llm/v1"


def test_a_host_that_only_looks_like_a_provider_s_is_none() -> None:
    assert len(base_urls.variables("https://notapi.openai.com", PROXY)) > 2
