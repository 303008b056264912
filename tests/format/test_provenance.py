from collections.abc import Callable
from typing import Any

import pytest

from ssetape.format import provenance
from ssetape.format.values import ClientShare, End, Response

Make = Callable[..., Any]

BROWSER = {"browser": "Chrome/156.0.8078.108", "target": "page", "chunks": "reads"}
BR = [("Content-Encoding", "br"), ("content-length", "312")]


def test_a_tapped_capture_names_its_browser_and_what_its_chunks_are(capture: Make) -> None:
    assert provenance.origin(capture(tapped=BROWSER)) == (
        "recorded in the browser (Chrome/156.0.8078.108, page); chunks are the browser's reads"
    )
    socket = capture(tapped=BROWSER, kind="websocket", status=101)
    assert provenance.origin(socket) == "recorded in the browser (Chrome/156.0.8078.108, page)"
    assert provenance.origin(capture(tapped={"later": 1})) == "recorded in the browser"
    assert provenance.origin(capture()) == ""


@pytest.mark.parametrize("odd", [5, [], {"a": "b" * 100}])
def test_odd_fields_are_told_as_they_are_and_short(odd: Any, capture: Make) -> None:
    words = provenance.origin(capture(tapped={"browser": odd, "target": odd, "chunks": odd}))
    assert words == f"recorded in the browser ({odd!s:.60}, {odd!s:.60})"


def test_an_import_names_its_source(capture: Make) -> None:
    tapped = capture(tapped=BROWSER)
    tapped.imported = {"from": "a.har", "times": "ends", "bytes": "decoded"}
    assert provenance.origin(tapped).startswith(
        "imported from: a.har, times: ends, bytes: decoded; recorded in the browser (Chrome/156"
    )


def test_an_edited_capture_says_what_it_was_made_of(capture: Make) -> None:
    edited = capture()
    edited.edited = {"from": "a.ssetape", "changes": ["drop event=2", "speed 2"]}
    assert provenance.origin(edited) == "edited from a.ssetape (drop event=2, speed 2)"
    edited.edited = {"from": 5, "changes": 5}
    assert provenance.origin(edited) == "edited from 5"
    head = Response(0.5, 200, "", "HTTP/2.0", [], decoded_headers=BR)
    how = provenance.decoded_how(edited)
    assert provenance.remarks(head, how) == ["content-encoding br, decoded for an editor"]
    assert provenance.decoded_how(capture(tapped=BROWSER)) == "by the browser"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, []),
        ({"decoded_headers": BR}, ["content-encoding br, decoded by the browser"]),
        ({"decoded_headers": BR[1:]}, []),
        ({"masked_coding": "zstd"}, ["zstd, decoded to mask secrets"]),
        (
            {"decoded_headers": [*BR, ("content-encoding", "gzip")], "from_cache": True},
            ["content-encoding br, gzip, decoded by the browser", "from the browser's cache"],
        ),
    ],
)
def test_what_was_done_to_a_response_is_said(fields: dict[str, Any], words: list[str]) -> None:
    head = Response(0.5, 200, "", "HTTP/2.0", [("content-encoding", "gzip")], **fields)
    assert provenance.remarks(head) == words


def test_a_made_capture_says_that_nobody_recorded_it(capture: Make) -> None:
    made = capture()
    made.made = {"protocol": "ollama", "seed": 3, "ttft": "x" * 100}
    words = provenance.origin(made)
    assert words == f"made, not recorded (protocol ollama, seed 3, ttft {'x' * 60})"


def test_what_the_client_got_in_place_of_it_is_said() -> None:
    assert provenance.altered(End(1.0, "complete")) == ""
    assert provenance.altered(End(1.0, "complete", altered=True)) == "the client got other bytes"
    share = ClientShare(1.5, "fault_cut", 27, 3)
    end = End(
        1.0, "complete", altered=True, faults=("cut event=3", "slow factor=2.0"), client=share
    )
    assert provenance.altered(end) == (
        "the client got events: 3, bytes: 27, and fault_cut at 1.500 s, with the faults cut "
        "event=3, slow factor=2.0"
    )
