import hashlib
from typing import Any

from ssetape.addon.faults.share import Share


def share() -> Share:
    return Share(["cut event=1"], lambda t_s, data: data.count(b":"))


def test_it_counts_what_the_client_was_sent() -> None:
    found = share()
    found.got(1.0, b"data: a\n")
    found.got(1.5, b"\ndata")
    found.end(2.0000004, "complete")
    assert found.details(9.0, "upstream_cut") == {
        "altered": True,
        "faults": ["cut event=1"],
        "client": {
            "t": 2.0,
            "reason": "complete",
            "events": 1,
            "chunks": 2,
            "bytes": 13,
            "sha256": hashlib.sha256(b"data: a\n\ndata").hexdigest(),
        },
    }


def test_until_it_is_over_it_ends_with_the_exchange() -> None:
    assert share().details(3.0, "proxy_shutdown")["client"]["t"] == 3.0
    assert share().details(3.0, "proxy_shutdown")["client"]["reason"] == "proxy_shutdown"


def test_it_is_over_once() -> None:
    over: list[Any] = []
    found = share()
    found.on_over = lambda: over.append(found.is_over)
    found.end(1.0, "fault_cut")
    found.end(2.0, "client_closed")
    assert over == [True]
    assert found.details(9.0, "complete")["client"]["reason"] == "fault_cut"


def test_an_exchange_that_a_fault_cut_has_that_as_its_reason() -> None:
    found = share()
    details = {"error": "Client disconnected."}
    assert found.server_end("client_closed", details) == ("client_closed", details)
    found.end(1.0, "fault_reset")
    assert found.server_end("client_closed", details) == ("fault_reset", {})
