"""How alike a request has to be, from `ssetape replay` as a program."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from programs import Program

from ssetape.cli.options.matching import Matching
from ssetape.replay.matching.rules import Match, MatchBook
from ssetape.replay.matching.turns import Order

Write = Callable[..., Path]
Invoke = Callable[..., Result]


def post(url: str, body: bytes) -> tuple[int, bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, body), timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_options_say_what_has_to_be_alike(capture_file: Write) -> None:
    url = "http://origin.test/a?ts=1"
    path = capture_file([(0.0, b"x")], method="POST", url=url, body=b'{"id": 1, "q": 2}')
    options = ["--match", "normalised", "--ignore-query", "ts", "--ignore-field", "id"]
    with Program("replay", "--port", "0", *options, path) as program:
        base = f"http://127.0.0.1:{program.port}"
        assert post(f"{base}/a?ts=5", b'{"q":2,"id":7}') == (200, b"x")
        status, body = post(f"{base}/a?ts=5", b'{"q":3,"id":7}')
    assert status == 404
    said = json.loads(body)
    assert said["match"] == "normalised"
    assert "with --match normalised" in said["error"]["message"]
    assert said["nearest"][0]["reaches"] == "path"
    assert said["nearest"][0]["differs"] == ["body.q: asked 3, captured 2"]


def test_a_file_says_it_for_single_captures(capture_file: Write, tmp_path: Path) -> None:
    path = capture_file([(0.0, b"x")], method="POST", body=b"a")
    rules = tmp_path / "match.toml"
    rules.write_text(f'match = "exact"\n[[capture]]\nfile = "{path.name}"\nmatch = "path"\n')
    with Program("replay", "--port", "0", "--match-file", rules, path) as program:
        assert post(f"http://127.0.0.1:{program.port}/stream?q=1", b"b") == (200, b"x")


def test_what_means_nothing_is_misuse(capture_file: Write, invoke: Invoke) -> None:
    result = invoke("replay", "--match-file", "none.toml", str(capture_file()))
    assert result.exit_code == 2
    assert "cannot read none.toml" in result.stderr


def test_where_a_new_question_is_a_miss_the_body_counts_unless_the_options_say_otherwise() -> None:
    def rung(match: str | None, new_is_a_miss: bool) -> str:
        book = Matching(match, (), (), None).book(new_is_a_miss=new_is_a_miss)
        return book.rules.match.value

    assert [rung(None, False), rung(None, True)] == ["nearest", "normalised"]
    assert [rung("path", False), rung("path", True)] == ["path", "path"]


def test_an_order_is_of_all_captures_of_a_path_unless_the_options_say_otherwise() -> None:
    def book_of(match: str | None) -> MatchBook:
        matching = Matching(match, (), (), None)
        return matching.book(new_is_a_miss=True, order=Order.SHUFFLE, seed=7)

    book = book_of(None)
    assert (book.rules.match, book.order, book.seed) == (Match.PATH, Order.SHUFFLE, 7)
    assert book_of("exact").rules.match is Match.EXACT
    assert Matching(None, (), (), None).book().order is Order.SEQUENCE
