"""`ssetape auto`: a first run records, later runs replay."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from programs import run
from proxies import Exchange, Origin

from ssetape.capture import Capture

Invoke = Callable[..., Result]

ASK = (
    "import sys, urllib.request as u\n"
    "for url in sys.argv[1:]: sys.stdout.write(u.urlopen(url).read().decode())"
)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


def answer(exchange: Exchange) -> None:
    exchange.head()
    exchange.chunk(f"data: {exchange.target}\n\n".encode())
    exchange.end()


def test_what_was_recorded_is_replayed_and_what_is_new_is_recorded(
    tmp_path: Path, origin: Origin
) -> None:
    first = origin.serve_at("/first", answer)
    second = origin.serve_at("/second", answer)
    tapes = tmp_path / "new" / "tapes"
    words = ["auto", tapes, "--confdir", tmp_path / "mitmproxy", "--"]
    python = [sys.executable, "-c", ASK]

    outcome = run(*words, *python, first)
    assert (outcome.returncode, outcome.stdout) == (0, b"data: /first\n\n")
    assert b"recorded 1 in" in outcome.stderr
    outcome = run(*words, *python, first, second)
    assert (outcome.returncode, outcome.stdout) == (0, b"data: /first\n\ndata: /second\n\n")
    assert b"recorded 1 in" in outcome.stderr
    origin.close()
    outcome = run(*words, *python, second, first, first)
    assert outcome.returncode == 0, outcome.stderr.decode()
    assert outcome.stdout == b"data: /second\n\ndata: /first\n\ndata: /first\n\n"
    assert b"recorded 0 in" in outcome.stderr
    urls = sorted(Capture(path).request.url for path in tapes.glob("*.ssetape"))
    assert urls == [first, second]


def test_another_question_at_the_same_address_is_recorded_too(
    tmp_path: Path, origin: Origin
) -> None:
    url = origin.serve_at("/chat", answer)
    ask = (
        "import sys, urllib.request as u\n"
        "for body in sys.argv[2:]: u.urlopen(sys.argv[1], data=body.encode()).read()"
    )
    words = ["auto", tmp_path / "tapes", "--confdir", tmp_path / "mitmproxy", "--"]
    for questions, count in (
        (['{"q": 1, "a": 0}'], 1),
        (['{"a": 0, "q": 1}', '{"q": 2}'], 1),  # the first is the same, in another order
        (['{"q": 1, "a": 0}', '{"q": 2}'], 0),
    ):
        outcome = run(*words, sys.executable, "-c", ask, url, *questions)
        assert f"recorded {count} in".encode() in outcome.stderr, outcome.stderr.decode()


def test_a_url_is_one(tmp_path: Path, invoke: Invoke) -> None:
    result = invoke("auto", str(tmp_path), "--reverse", "api.test")
    assert result.exit_code == 2
    assert "expected a URL" in result.stderr


def test_a_file_is_no_folder(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "a.ssetape").touch()
    result = invoke("auto", str(tmp_path / "a.ssetape"))
    assert result.exit_code == 2
    assert "expected a folder" in result.stderr
