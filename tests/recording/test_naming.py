import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.recording.moment import moment_of
from ssetape.recording.naming import capture_name, kind_of

WALL_NS = 1_795_426_212_123_456_789
UUID = "0a1b2c3d-1a2b-4c3d-8e9f-1234567890ab"

KINDS = [
    ("/v1/chat/completions", "chat-completions"),
    ("/openai/deployments/gpt-4o/chat/completions", "chat-completions"),
    ("/v1/completions", "completions"),
    ("/v1/messages?beta=true", "messages"),
    ("/v1/responses", "responses"),
    ("/v1/responses/resp_68a1b2c3d4e5f6a7", "responses"),
    ("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "stream-generate-content"),
    ("/model/anthropic.claude-v2%3A1/invoke-with-response-stream", "invoke-with-response-stream"),
    ("/backend-api/conversation", "conversation"),
    ("/backend-api/f/conversation", "conversation"),
    (f"/backend-api/conversation/{UUID}", "conversation"),
    (f"/api/chat_conversations/{UUID}/completion", "chat-conversations-completion"),
    ("/rest/app-chat/conversations/new", "conversations-new"),
    (f"/v1/threads/thread_{UUID[-12:]}/runs", "threads-runs"),
    ("/aiserver.v1.ChatService/StreamUnifiedChat", "stream-unified-chat"),
    ("/events", "events"),
    ("/sse", "sse"),
    ("/mcp", "mcp"),
    ("/api/generate", "generate"),
    ("/graphql", "graphql"),
    ("/GraphQL/", "graphql"),
    ("/trpc/chat.stream", "chat-stream"),
    ("/index.php", "index-php"),
    ("/stream/120", "stream"),
    ("/streams/tour", "tour"),
    ("/api/v2/", ""),
    ("/2024-06-01-preview", ""),
    ("/", ""),
    ("", ""),
    # Text of people
    ("/caf%C3%A9/na%C3%AFve%20stream", "naive-stream"),
    ("/search/%E3%83%81%E3%83%A3", "search"),
    # Hostile
    ("/a/..%2f..%2fetc/passwd", "passwd"),
    ("/%00%0a%1b[31m", "31m"),
    ("/-rf", "rf"),
    ("/.hidden", "hidden"),
    ("/CON", "con"),
    # Long
    (f"/chat/{'x' * 5000}", ""),
    ("/chat/" + "-".join(["word"] * 20), "-".join(["word"] * 8)),
    ("/a" * 100_000 + "/chat", "chat"),
]


@pytest.mark.parametrize(("path", "kind"), KINDS, ids=[path[:40] for path, _ in KINDS])
def test_a_request_is_known_by_the_last_part_of_its_path_that_tells(path: str, kind: str) -> None:
    assert kind_of(f"https://api.example.com{path}") == kind


def test_the_documented_names_are_those_that_are_given() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "recording.md").read_text("utf-8")
    section = page.partition("### File names")[2].partition("\n#")[0]
    rows = re.findall(r"^\| `(/.*?)` \| `?(.*?)`? \|$", section, re.MULTILINE)
    assert len(rows) == 5
    for path, kind in rows:
        assert (kind_of(f"https://a.test{path}") or "the host") == kind


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://API.Example.com:8443/v1/Chat?key=x", "chat-20261123-093012"),
        ("http://a.test/", "a.test-20261123-093012"),
        ("http://con.test/", "con-test-20261123-093012"),
        ("http://[::1]/sse", "sse-20261123-093012"),
        ("http:///sse", "sse-20261123-093012"),
        ("http://[a/", "unknown-20261123-093012"),
        ("", "unknown-20261123-093012"),
    ],
)
def test_a_name_says_what_or_else_of_whom_and_when(url: str, name: str) -> None:
    assert capture_name(WALL_NS, url) == name


def test_of_a_long_host_the_end_stays() -> None:
    name = capture_name(WALL_NS, f"http://{'x' * 200}.us-east-1.amazonaws.com/")
    assert name.startswith("x")
    assert name.endswith("x.us-east-1.amazonaws.com-20261123-093012")
    assert len(name) < 80


@pytest.mark.parametrize(
    "secret", ["MASKED", "sk-proj-4fA9zQ7Lk2", UUID, "a1b2c3d4e5f60718", "x" * 50]
)
@pytest.mark.parametrize("path", ["/chat/{}", "/chat;session={}", "/{}/chat", "/chat?key={}"])
def test_what_is_masked_or_looks_secret_stays_out(path: str, secret: str) -> None:
    url = f"http://u:{secret}@a.test{path.format(secret)}"
    assert capture_name(WALL_NS, url) == "chat-20261123-093012"


URLS = st.one_of(st.text(max_size=300), st.text(max_size=300).map("http://a.test/{}".format))


@given(URLS)
def test_names_are_safe_and_bounded_whatever_was_asked(url: str) -> None:
    name = capture_name(WALL_NS, url)
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,120}", name)
    assert not name.endswith(".")
    # On Windows, a name up to its first dot must not be a device's.
    assert not re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", name.partition(".")[0])
    assert moment_of(f"{name}-46e9f3.ssetape") == "20261123-093012"
