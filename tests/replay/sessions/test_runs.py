from ssetape.replay.exchange import ClientRequest
from ssetape.replay.sessions.cues import Cue, Sessions
from ssetape.replay.sessions.runs import Asked, Run, Runs, marked_headers, marked_url, unmarked

ASKED = ClientRequest("GET", "/")
PLAIN = Sessions(cues={0: (Cue(1, 1.0),)}, groups=[frozenset({0, 1})])
MARKING = Sessions(cues={0: (Cue(1, 1.0),)}, groups=[frozenset({0, 1})], openers={0})


def entered(runs: Runs, index: int, mark: int | None = None, session: str = "") -> Run:
    asked = ClientRequest("GET", "/", [("x-ssetape-session", session)])
    run = runs.enter(index, asked, mark)
    assert run is not None
    run.note(index, Asked(0, None))
    return run


def stay() -> None: ...


def test_a_capture_of_no_session_has_no_run() -> None:
    assert Runs(PLAIN).enter(2, ASKED, None) is None


def test_requests_of_one_client_share_a_run() -> None:
    runs = Runs(PLAIN)
    assert entered(runs, 0) is entered(runs, 1) is entered(runs, 1)


def test_a_second_subscription_has_a_run_of_its_own() -> None:
    runs = Runs(PLAIN)
    first, second = entered(runs, 0), entered(runs, 0)
    assert (first.number, second.number) == (1, 2)
    assert entered(runs, 1) is first  # without an id, those who came first are served first
    assert entered(runs, 1) is second


def test_a_run_is_over_with_its_streams_and_its_number_is_free_again() -> None:
    runs = Runs(PLAIN)
    first = entered(runs, 0)
    first.listen(stay)
    first.leave(stay)
    again = entered(runs, 0)
    assert again is not first
    assert again.number == 1


def test_marks_and_session_headers_tell_runs_apart() -> None:
    runs = Runs(MARKING)
    first, second = entered(runs, 0), entered(runs, 0)
    assert entered(runs, 1) is entered(runs, 1) is first
    assert entered(runs, 1, mark=2) is second
    assert entered(Runs(PLAIN), 0, session="a") is not entered(runs, 0, session="b")


def test_a_mark_comes_back_as_it_was_handed_out() -> None:
    second = Run(2, "")
    for url in "/ask", "/ask?a=1":
        assert unmarked(ClientRequest("POST", marked_url(url, second))) == (
            ClientRequest("POST", url),
            2,
        )
    headers = [("Mcp-Session-Id", "abc")]
    marked = ClientRequest("POST", "/", marked_headers(headers, second))
    assert unmarked(marked) == (ClientRequest("POST", "/", headers), 2)
    assert unmarked(ClientRequest("GET", "/?ssetape_run=3&a=1"))[0].target == "/?a=1"


def test_the_first_run_has_the_recorded_ids() -> None:
    assert marked_url("/ask", Run(1, "")) == "/ask"
    assert unmarked(ASKED) == (ASKED, None)


def named(runs: Runs, index: int, target: str) -> Run:
    run = runs.enter(index, ClientRequest("GET", target), None)
    assert run is not None
    run.note(index, Asked(0, None))
    return run


def test_ids_that_clients_choose_tell_their_runs_apart() -> None:
    runs = Runs(PLAIN)
    first, second = named(runs, 0, "/?clientId=a"), named(runs, 0, "/?clientId=b")
    assert first is not second
    assert named(runs, 1, "/?clientId=b&page=1") is second
    assert named(runs, 1, "/?clientId=a&page=1") is first
    assert named(runs, 1, "/?page=1") is first


def test_a_stream_of_another_client_does_not_join_what_one_has_asked() -> None:
    runs = Runs(PLAIN)
    asked = named(runs, 1, "/?sid=a")
    assert named(runs, 0, "/?sid=b") is not asked
    assert named(runs, 0, "/?sid=a") is asked


def test_a_client_stays_within_the_recording_it_began() -> None:
    cues = {0: (Cue(1, 1.0),), 2: (Cue(3, 1.0),)}
    runs = Runs(Sessions(cues=cues, groups=[frozenset({0, 1}), frozenset({2, 3})]))
    named(runs, 2, "/?sid=b")
    assert runs.unasked(ClientRequest("POST", "/?sid=b")) == {3}
    assert runs.unasked(ClientRequest("POST", "/?sid=a")) is None
    assert runs.unasked(ClientRequest("POST", "/")) is None
