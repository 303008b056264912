import json
from collections.abc import Callable
from pathlib import Path

import pytest

Place = Callable[..., Path]
Run = Callable[..., pytest.RunResult]

GET = """
import time
import httpx
import pytest

def get(server, path="/streams/tour"):
    return httpx.get(server.url + path, trust_env=False, timeout=30)

def took_s(server):
    begun_s = time.monotonic()
    get(server)
    return time.monotonic() - begun_s
"""


def test_captures_that_are_missing_are_a_failure_that_says_how_to_record_them(
    pytester: pytest.Pytester, run: Run
) -> None:
    (pytester.path / "captures" / "test_a" / "test_empty").mkdir(parents=True)
    pytester.makepyfile(
        test_a="""
import pytest

def test_nothing(ssetape_server):
    pass

@pytest.mark.ssetape(target="https://api.openai.com")
@pytest.mark.parametrize("size", ["a b"])
def test_known(ssetape_server, size):
    pass

def test_empty(ssetape_server):
    pass

@pytest.mark.ssetape("other", faults=["cut event=1"])
def test_faults(ssetape_server):
    pass

def test_app(ssetape_app):
    pass
"""
    )
    result = run("--ssetape=replay")
    result.assert_outcomes(errors=5)
    result.stdout.fnmatch_lines(
        [
            "ssetape: no captures for test_a.py::test_nothing: *test_nothing does not exist*",
            "  pytest test_a.py::test_nothing --ssetape=record --ssetape-target https://api.ex*.com",
            "Replace https://api.example.com with the server that the test talks to.",
            "  pytest 'test_a.py::test_known?a b]' --ssetape=record",
            "ssetape: no captures for test_a.py::test_empty: captures/test_a/test_empty has none*",
            "ssetape: no captures for test_a.py::test_faults: other does not exist*",
            "This test cannot record, because it has faults or uses ssetape_app. *",
            "This test cannot record, because it has faults or uses ssetape_app. *",
        ]
    )
    result.stdout.no_fnmatch_line("*During handling*")
    result.stdout.no_fnmatch_line("*Traceback*")
    target = run("--ssetape=replay", "--ssetape-target=http://localhost:9", "-knothing")
    target.stdout.fnmatch_lines(
        ["  pytest test_a.py::test_nothing --ssetape=record --ssetape-target http://localhost:9"]
    )


def test_what_is_asked_for_wrongly_is_quoted(
    pytester: pytest.Pytester, run: Run, place: Place
) -> None:
    place("tour")
    place("damaged", b"no capture")
    pytester.makepyfile(
        """
import pytest

@pytest.mark.ssetape("tour", fault=1)
def test_keyword(ssetape_server):
    pass

@pytest.mark.ssetape("tour", faults=["cut off"])
def test_fault(ssetape_server):
    pass

@pytest.mark.ssetape("tour", match="close")
def test_match(ssetape_server):
    pass

@pytest.mark.ssetape("tour", speed=-1)
def test_speed(ssetape_server):
    pass

@pytest.mark.ssetape("damaged")
def test_damaged(ssetape_server):
    pass
"""
    )
    result = run()
    result.assert_outcomes(errors=5)
    result.stdout.fnmatch_lines(
        [
            "ssetape: @pytest.mark.ssetape: keywords: *; found 'fault'; did you mean faults?",
            "ssetape: *cut*",
            "ssetape: match: expected one of exact, *, nearest; found 'close'",
            "ssetape: speed: expected a number above 0, got -1",
            "ssetape: nothing to replay; damaged.ssetape*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    pytester.makepyfile(
        """
import pytest

@pytest.mark.ssetape("tour")
def test_default(ssetape_server):
    pass

@pytest.mark.ssetape("tour", speed="fast")
def test_type(ssetape_server):
    pass

@pytest.mark.ssetape("tour", websocket="lax")
def test_websocket(ssetape_app):
    pass
"""
    )
    result = run("--ssetape-speed=fast")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "ssetape: --ssetape-speed: expected a number or instant, found 'fast'",
            "ssetape: '<' not supported between instances of 'int' and 'str'",
            "ssetape: websocket: expected one of loose, strict; found 'lax'",
        ]
    )


def test_a_replay_is_instant_unless_somebody_says_else(
    pytester: pytest.Pytester, run: Run, place: Place, raw_capture: Callable[..., bytes]
) -> None:
    place("tour")  # 2.8 seconds
    chunks = [(0.0, b"data: 0\n\n"), (3600.0, b"data: 1\n\n")]
    place("hour", raw_capture(chunks, url="http://origin.test/streams/tour"))
    pytester.makepyfile(
        GET
        + """
REAL_S = 2.8

@pytest.mark.ssetape("hour")
def test_instant(ssetape_server):
    get(ssetape_server)

@pytest.mark.ssetape("hour", instant=True)
def test_instant_whatever_the_run_says(ssetape_server):
    get(ssetape_server)

@pytest.mark.ssetape("hour", speed=8, max_gap_s=0.1)
def test_max_gap(ssetape_server):
    get(ssetape_server)

@pytest.mark.ssetape("tour", speed=5)
def test_speed(ssetape_server):
    assert took_s(ssetape_server) >= REAL_S / 5

@pytest.mark.ssetape("tour", instant=False)
def test_real_time(ssetape_server):
    assert took_s(ssetape_server) >= REAL_S

@pytest.mark.ssetape("tour")
def test_speed_of_the_run(ssetape_server):
    assert took_s(ssetape_server) >= REAL_S / 10
"""
    )
    run("-k", "not of_the_run").assert_outcomes(passed=5, deselected=1)
    words = ["--ssetape-speed=10", "-k", "of_the_run or whatever_the_run or max_gap"]
    run(*words).assert_outcomes(passed=3, deselected=3)


def test_faults_matching_and_the_other_options_are_the_server_s(
    pytester: pytest.Pytester, run: Run, place: Place, raw_capture: Callable[..., bytes]
) -> None:
    place("tour")
    asked = {"model": "a", "id": 1}
    for number in (1, 2):
        body = json.dumps({**asked, "id": number}).encode()
        answer = [(0.0, b"id: 1\ndata: %d\n\n" % number), (1.0, b"id: 2\ndata: x\n\n")]
        place(f"chat/{number}", raw_capture(answer, method="POST", body=body))
    pytester.makepyfile(
        GET
        + """
@pytest.mark.ssetape("tour", faults=["cut event=3"])
def test_cut(ssetape_server):
    with pytest.raises(httpx.RemoteProtocolError):
        get(ssetape_server)
    assert ssetape_server.served()[0]["outcome"] == "cut"
    assert ssetape_server.tally().ended == {"cut": 1}
    ssetape_server.assert_all_consumed()
    ssetape_server.misbehave("refuse status=429")
    assert get(ssetape_server).status_code == 429
    ssetape_server.misbehave()
    assert get(ssetape_server).status_code == 200

def post(server, number, **headers):
    body = {"model": "a", "id": number}
    url = server.url + "/stream"
    answer = httpx.post(url, json=body, headers=headers, trust_env=False)
    return answer.status_code, answer.text

@pytest.mark.ssetape("chat", match="normalised")
def test_match(ssetape_server):
    assert "data: 2" in post(ssetape_server, 2)[1]
    assert post(ssetape_server, 3)[0] == 404
    assert "body" in ssetape_server.misses[0]
    (request,) = ssetape_server.assert_requested("POST", "/stream", times=2)[1:]
    assert request.json()["id"] == 3

@pytest.mark.ssetape("chat", match="normalised", ignore_fields=["id"])
def test_ignore(ssetape_server):
    assert post(ssetape_server, 3)[0] == 200

@pytest.mark.ssetape("chat", resume=True, cors=True)
def test_resume(ssetape_server):
    assert "id: 1" not in post(ssetape_server, 1, **{"last-event-id": "1"})[1]

@pytest.mark.ssetape("chat", faults=["refuse status=503 share=0.5"], seed=3)
def test_seed(ssetape_servers):
    def codes(server):
        return [post(server, 1)[0] for _ in range(20)]

    assert codes(ssetape_servers()) == codes(ssetape_servers()) != codes(ssetape_servers(seed=4))
"""
    )
    run().assert_outcomes(passed=5)


def test_several_servers_serve_one_test(pytester: pytest.Pytester, run: Run, place: Place) -> None:
    place("tour")
    place("minimal", "minimal-one-event.ssetape")
    pytester.makepyfile(
        GET
        + """
from ssetape.testing import ReplayedServers

urls = []

@pytest.mark.ssetape("minimal")
def test_two(ssetape_servers: ReplayedServers):
    one, other = ssetape_servers("tour"), ssetape_servers()
    assert one.url != other.url
    assert get(one).status_code == 200
    assert get(other).status_code == 404
    assert get(other, "/streams/minimal").status_code == 200
    one.assert_all_consumed()
    one.assert_requested("GET", "/streams/minimal", times=0)
    urls.extend([one.url, other.url])

def test_both_have_ended():
    for url in urls:
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)
"""
    )
    run().assert_outcomes(passed=2)
