from dataclasses import replace

from ssetape.format.values import ClientShare, Close, End, Request, Response
from ssetape.showing.ends import altered, end_lines, head_lines, words_of_close

REQUEST = Request("GET", "https://chat.test/x\x1b", "HTTP/1.1", [])
HEADERS = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]


def test_a_head_says_what_was_asked_and_what_came() -> None:
    head = Response(0.25, 200, "OK", "HTTP/1.1", HEADERS)
    asked, came = head_lines(REQUEST, head)
    assert asked == "GET https://chat.test/x\\x1b HTTP/1.1"
    assert came == "     0.250     +0.250  HTTP/1.1 200 OK  text/event-stream gzip"
    assert head_lines(REQUEST, None, origin="made")[1:] == ["made", "no response head"]
    assert head_lines(REQUEST, head, remarks=["a", "b"])[1].endswith("gzip (a; b)")


def test_errors_and_cuts_are_red() -> None:
    failed = head_lines(REQUEST, Response(0.0, 500, "", "HTTP/1.1", []), colours=True)[1]
    assert "\x1b[31mHTTP/1.1 500\x1b[0m" in failed
    assert end_lines(End(1.0, "upstream_cut", "x"), colours=True)[0].endswith(
        "\x1b[31mupstream_cut: x\x1b[0m"
    )
    assert end_lines(End(1.0, "complete"), colours=True) == [f"{1.0:>10.3f} {'':>10}  complete"]
    assert end_lines(None)[0].strip() == "interrupted: recording stopped before the stream's end"


def test_a_close_is_told_as_far_as_it_is_known() -> None:
    assert words_of_close(End(1.0, "complete")) == ""
    assert words_of_close(End(1.0, "x", close=Close(1006, "", True))) == ", 1006 by the client"


def test_what_the_client_got_in_place_of_it_is_said() -> None:
    assert altered(End(1.0, "complete")) == ""
    assert altered(End(1.0, "complete", altered=True)) == "the client got other bytes"
    share = ClientShare(1.5, "fault_cut", 27, 3)
    end = End(
        1.0, "complete", altered=True, faults=("cut event=3", "slow factor=2.0"), client=share
    )
    assert altered(end) == (
        "the client got events: 3, bytes: 27, and fault_cut at 1.500 s, with the faults cut "
        "event=3, slow factor=2.0"
    )
    assert altered(replace(end, client=None)) == (
        "the client got other bytes, with the faults cut event=3, slow factor=2.0"
    )
    assert end_lines(end)[1:] == [altered(end)]
