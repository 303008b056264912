from typing import Any

import pytest

from ssetape.doctor import responses as diagnosis
from ssetape.doctor.findings import Finding
from ssetape.doctor.responses import ProbedResponse


def levels(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.level for finding in findings}


LIVE = ((0.1, 20), (0.6, 20), (1.1, 20))
BURST = ((2.0, 4000), (2.01, 4000))


def answer(*headers: tuple[str, str], **fields: Any) -> ProbedResponse:
    pairs = [*headers]
    if "content-type" not in {name.lower() for name, _ in headers}:
        pairs.append(("Content-Type", "text/event-stream; charset=utf-8"))
    given = {"status": 200, "arrivals": LIVE, "events": 3, "watched_s": 2.0, **fields}
    return ProbedResponse(headers=pairs, **given)


def test_a_stream_that_streams_is_fine() -> None:
    assert levels(diagnosis.of_stream(answer())) == {
        "status": "ok",
        "content-type": "ok",
        "delivery": "ok",
    }


@pytest.mark.parametrize(
    ("given", "check", "level", "text"),
    [
        (ProbedResponse(error="GET http://x: refused"), "request", "problem", "refused"),
        (answer(status=404), "status", "problem", "404"),
        (answer(("Location", "/b"), status=302), "status", "problem", "/b"),
        (answer(interim=(100, 103)), "interim", "problem", "100, 103 before the response"),
        (answer(("Content-Type", "text/plain")), "content-type", "problem", "text/plain"),
        (answer(("content-type", "")), "content-type", "problem", "none"),
        (answer(http_version="1.0"), "http-version", "warning", "proxy_http_version 1.1"),
        (answer(("Content-Length", "60")), "content-length", "problem", "X-Accel-Buffering: no"),
        (answer(("Content-Encoding", "gzip")), "content-encoding", "warning", "no-transform"),
        (answer(("CF-RAY", "1"), ("Server", "cloudflare")), "between", "ok", "cf-ray: 1"),
        (answer(("Via", "1.1 p"), arrivals=BURST), "between", "warning", "via: 1.1 p"),
        (answer(("Server", "nginx"), arrivals=BURST), "between", "warning", "proxy_buffering"),
        (answer(("Age", "7")), "between", "problem", "age: 7"),
        (answer(("X-Cache", "HIT from p")), "between", "problem", "no-store"),
        (answer(arrivals=BURST), "delivery", "problem", "held back"),
        (answer(arrivals=BURST, events=None), "delivery", "problem", "held back"),
        (answer(arrivals=BURST, ended=False), "delivery", "warning", "--seconds"),
        (answer(arrivals=((2.0, 20),), events=1), "delivery", "warning", "too little"),
        (answer(arrivals=((0.1, 20),)), "delivery", "warning", "too little"),
        (answer(arrivals=((0.1, 9), (1.1, 9)), events=40), "delivery", "warning", "blocks"),
        (answer(arrivals=(), events=0), "delivery", "warning", "without a byte"),
        (answer(arrivals=(), events=0, ended=False), "delivery", "warning", "no byte in 2.0 s"),
        (answer(error="IncompleteRead"), "end", "problem", "IncompleteRead"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_response_shows_is_told_with_what_to_do(
    given: ProbedResponse, check: str, level: str, text: str
) -> None:
    (finding,) = [f for f in diagnosis.of_stream(given) if f.check == check]
    assert finding.level == level
    assert text in f"{finding.found} {finding.advice}"
    assert level == "ok" or finding.advice


def test_of_a_bot_check_nothing_else_is_said() -> None:
    given = answer(("cf-mitigated", "challenge"), ("Content-Type", "text/html"), status=403)
    (finding,) = diagnosis.of_stream(given)
    assert (finding.check, finding.level) == ("bot-check", "problem")
    assert "403 from Cloudflare" in finding.found
    assert "`ssetape tap URL`" in finding.advice


def test_nothing_is_said_of_a_proxy_that_is_not_seen() -> None:
    assert "between" not in levels(diagnosis.of_stream(answer(("Server", "gunicorn"))))


@pytest.mark.parametrize(
    ("given", "recorded", "expected"),
    [
        (answer(), True, {"trial": "ok", "recording": "ok"}),
        (answer(), False, {"trial": "ok", "recording": "problem"}),
        (answer(arrivals=BURST), True, {"trial": "problem", "recording": "ok"}),
        (answer(arrivals=()), True, {"trial": "problem"}),
        (answer(status=502), False, {"trial": "problem"}),
        (ProbedResponse(error="refused"), False, {"trial": "problem"}),
    ],
)
def test_a_trial_has_to_stream_and_to_be_recorded(
    given: ProbedResponse, recorded: bool, expected: dict[str, str]
) -> None:
    assert levels(diagnosis.of_trial(given, recorded, 5)) == expected
