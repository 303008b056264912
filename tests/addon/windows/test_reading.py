import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.addon.windows import reading
from ssetape.addon.windows.reading import Reading
from ssetape.format.values import Request, Response

ROOT = Path(__file__).resolve().parents[3]
REQUEST = Request("POST", "https://a.test/v1/chat/completions", "HTTP/1.1", [])
HEAD = Response(0.5, 200, "OK", "HTTP/1.1", [("content-type", "text/event-stream")])


def delta(text: str) -> bytes:
    return (
        'data: {"object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":'
        f'{{"content":"{text}"}}}}]}}\n\n'
    ).encode()


BODY = b"".join([b": hi\n\n", *(delta(f"w{n} ") for n in range(40)), b"data: [DONE]\n\n"])


def rows(cuts: list[int], looks: Callable[[int], bool]) -> list[str]:
    """The rows of BODY, cut at some places, with a look after some of the pieces."""
    found = Reading(REQUEST, HEAD, 100)
    sizes: list[tuple[float, int]] = []
    for start, end in zip([0, *cuts], [*cuts, len(BODY)], strict=True):
        sizes.append((1.0, end - start))
        if looks(len(sizes)):
            if not found.is_to_be_kept:
                found = Reading(REQUEST, HEAD, 100)
            found.read_on(sizes, BODY[:end], is_live=True)
            found.rows.lines()
    if not found.is_to_be_kept:
        found = Reading(REQUEST, HEAD, 100)
    found.read_on(sizes, BODY, is_live=False)
    return found.rows.lines()


def test_looks_while_it_grows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_LOOK_S", 3600)
    whole = rows([], lambda _: False)
    assert '"w39 "' in whole[40]
    assert len(whole) == 42
    cuts = list(range(7, len(BODY), 7))
    for each in (lambda _: True, lambda number: number % 5 == 0, lambda number: number > 300):
        assert rows(cuts, each) == whole


def test_what_takes_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_LOOK_S", -1.0)
    body = b"data: x\n\n" * 1000
    found = Reading(REQUEST, HEAD, 100)
    found.read_on([(1.0, len(body))], body, is_live=False)
    assert found.has_stopped
    assert found.rows.count < 1000
    found.read_on([(1.0, len(body)), (2.0, 9)], body + b"data: y\n\n", is_live=False)
    assert found.rows.count < 1000


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        (HEAD.headers, b"data: a\n\ndata: torn", "ends within an event"),
        ([("content-type", "text/html")], b"<p>", "has no messages"),
        ([("content-encoding", "gzip"), *HEAD.headers], b"no gzip", "gzip"),
        (HEAD.headers, b"data: a\n\n", None),
    ],
)
def test_what_is_worth_a_word_is_told(
    headers: list[tuple[str, str]], body: bytes, said: str | None
) -> None:
    found = Reading(REQUEST, Response(0.5, 200, "OK", "HTTP/1.1", headers), 100)
    found.read_on([(1.0, len(body))], body, is_live=False)
    assert [said in remark for remark in found.remarks() if said] == [True] * bool(said)
    assert bool(found.remarks()) == bool(said)


def test_where_only_mitmproxy_is_installed_data_is_shown_and_that_said_once() -> None:
    program = f"""
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(message)s")
sys.path.insert(0, {str(ROOT)!r})
for name in ("orjson", "msgspec", "jmespath", "rich", "click"):
    sys.modules[name] = None
import ssetape
ssetape.__path__.append({str(ROOT)!r})
from ssetape.addon.windows import reading, socket_text, stream_text, view
from ssetape.format.values import Request, Response
head = Response(0.5, 200, "OK", "HTTP/1.1", [("content-type", "text/event-stream")])
found = reading.Reading(Request("GET", "http://a.test/", "HTTP/1.1", []), head, 80)
found.read_on([(1.0, 9), (2.0, 9)], b"data: a\\n\\ndata: b\\n\\n", is_live=False)
print(found.rows.lines()[-1].split()[-2:])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "['message', 'b']\n", done.stderr
    said = [line for line in done.stderr.splitlines() if "ssetape" in line]
    assert len(said) == 1
    assert said[0].startswith("ssetape: windows show data without words, ")
