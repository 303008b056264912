"""Which captures a list has, and in which order."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from ssetape.capture import Capture
from ssetape.cli.ls import summary
from ssetape.cli.options.listing import FIELDS, Listed, Listing, make_listing

Write = Callable[..., Path]


def listing(*wheres: str, sort: str | None = None, limit: int | None = None) -> Listing:
    return make_listing(sort, limit, wheres, only_streams=False)


@pytest.fixture(scope="module")
def listed(capture_file: Write) -> Listed:
    value = {"model": "m-1", "choices": [{"index": 0, "delta": {"content": "Un café, deux"}}]}
    path = capture_file(
        [(0.5, f"data: {json.dumps(value)}\n\n".encode())],
        url="https://me@API.test:8443/v1/chat?x=/other",
        status=404,
        end="upstream_cut",
        end_s=2.0,
    )
    opened = Capture(path)
    return Listed(opened, summary(opened))


def test_every_field_has_its_value(listed: Listed) -> None:
    assert {name: value(listed) for name, value in FIELDS.items()} == {
        "started": "2026-11-23T09:30:12.123456Z",
        "host": "api.test:8443",
        "path": "/v1/chat",
        "method": "GET",
        "kind": "http",
        "status": 404,
        "chunks": 1,
        "bytes": listed.line["bytes"],
        "duration": 2.0,
        "first_text": 0.5,
        "end": "upstream_cut",
        "protocol": "openai-chat",
        "model": "m-1",
        "text": "Un café, deux",
        "file": listed.capture.name,
    }


def test_what_is_unknown_is_none_and_an_unfinished_capture_is_interrupted(
    capture_file: Write,
) -> None:
    opened = Capture(capture_file(status=None, end=None, url="http://[::1/stream"))
    found = Listed(opened, summary(opened))
    assert [FIELDS[name](found) for name in ("status", "first_text", "model", "end")] == [
        *(None, None, None, "interrupted")
    ]
    assert (found.host, found.url_path) == ("", "http://[::1/stream")
    assert listing("status=", "end=interrupted").takes(found)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("status=404", True),
        ("status=40", False),
        ("status!=200", True),
        ("status~^[45]..$", True),
        ("host~api", True),
        ("host=api.test", False),
        ("text~café", True),
        ("text~thé", False),
        ("path=/v1/chat", True),
        ("model=m-1", True),
        ("text=a=b", False),
    ],
)
def test_a_condition_compares_or_matches(where: str, expected: bool, listed: Listed) -> None:
    assert listing(where).takes(listed) is expected


def test_all_conditions_have_to_hold(listed: Listed) -> None:
    assert listing("status=404", "end~cut").takes(listed)
    assert not listing("status=404", "end=complete").takes(listed)


@pytest.mark.parametrize(
    ("where", "sort", "message"),
    [
        (["status>400"], None, "--where 'status>400': expected FIELD=VALUE, FIELD!=VALUE or"),
        (["stats=1"], None, "there is no field 'stats' .*; did you mean status?"),
        (["text~("], None, "--where text~ '\\('"),
        ([], "size", "--sort 'size': there is no field 'size' \\(of started, host"),
    ],
)
def test_misuse_is_told(where: list[str], sort: str | None, message: str) -> None:
    with pytest.raises(click.UsageError, match=message):
        listing(*where, sort=sort)


def order(made: Listing, *pairs: tuple[str, float | None]) -> str:
    """Items with their start as name."""
    from ssetape.cli.options.listing import Ranked

    ranked = [Ranked(key, started, started) for started, key in pairs]
    return "".join(made.order(ranked))


def test_the_order_is_that_of_the_starts_or_of_a_field() -> None:
    pairs = [("b", 1.0), ("a", 3.0), ("d", None), ("c", 1.0)]
    assert order(listing(), *pairs) == "abcd"
    assert order(listing(sort="duration"), *pairs) == "bcad"
    assert order(listing(sort="-duration"), *pairs) == "abcd"


def test_a_limit_takes_the_first_of_an_order_or_the_newest() -> None:
    pairs = [("b", 1.0), ("a", 3.0), ("c", 2.0)]
    assert order(listing(limit=2), *pairs) == "bc"
    assert order(listing(limit=0), *pairs) == ""
    assert order(listing(limit=9), *pairs) == "abc"
    assert order(listing(sort="-bytes", limit=2), *pairs) == "ac"
