import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from ssetape.doctor import findings as diagnosis
from ssetape.doctor.findings import Finding, Machine, ProbedResponse

GOOD = Machine(
    python=(3, 12, 1),
    mitmproxy="12.2.3",
    ca_path="/ca.pem",
    ca_expires_days=3000.0,
    ca_trusted=True,
    ca_error="",
    port=8080,
    port_error="",
    variables={"HOME": "/root"},
)


def levels(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.level for finding in findings}


def test_a_machine_with_everything_has_nothing_to_do() -> None:
    findings = diagnosis.of_machine(GOOD)
    assert set(levels(findings).values()) == {"ok"}
    assert not any(finding.advice for finding in findings)


@pytest.mark.parametrize(
    ("fields", "check", "level", "text"),
    [
        ({"python": (3, 10, 9)}, "python", "problem", "3.11"),
        ({"mitmproxy": None}, "mitmproxy", "problem", "pip install 'ssetape[record]'"),
        ({"mitmproxy": "11.0.1"}, "mitmproxy", "warning", "11.0.2 to 12.2.x"),
        ({"mitmproxy": "11.0.2"}, "mitmproxy", "ok", "11.0.2"),
        ({"mitmproxy": "12.3.0"}, "mitmproxy", "warning", "12.3.0"),
        ({"mitmproxy": "13.0.0.dev"}, "mitmproxy", "warning", "13.0.0.dev"),
        ({"ca_expires_days": None}, "ca", "ok", "will be made"),
        ({"ca_expires_days": -3.0}, "ca", "problem", "expired 3 days ago"),
        ({"ca_expires_days": 12.0}, "ca", "warning", "12 days"),
        ({"ca_error": "no start line"}, "ca", "problem", "no start line"),
        ({"ca_trusted": False}, "ca", "ok", "not trusted by this system"),
        ({"port_error": "Address already in use"}, "port", "warning", "--port 0"),
        ({"port": 0}, "port", "ok", "any"),
        ({"variables": {"https_proxy": ""}}, "environment", "ok", "no proxy"),
        ({"variables": {"HTTPS_PROXY": "http://u:pw@p"}}, "environment", "warning", "HTTPS_PROXY"),
    ],
    ids=str,
)
def test_what_a_machine_lacks_is_told(
    fields: dict[str, Any], check: str, level: str, text: str
) -> None:
    findings = diagnosis.of_machine(replace(GOOD, **fields))
    (finding,) = [finding for finding in findings if finding.check == check]
    assert finding.level == level
    assert text in f"{finding.found} {finding.advice}"
    assert "pw" not in f"{finding.found} {finding.advice}"
    others = {f.level for f in findings if f.check != check}
    assert others == {"ok"}


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


def test_the_page_of_the_doctor_lists_every_check_and_key() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "doctor.md").read_text()
    checks = re.findall(
        r'Finding\(\s*"([a-z-]+)"', (root / "ssetape" / "doctor" / "findings.py").read_text()
    )
    assert len(set(checks)) > 10
    rows = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert set(rows) == {*checks, *(field.name for field in fields(Finding))}
