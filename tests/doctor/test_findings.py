import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from ssetape.doctor import findings as diagnosis
from ssetape.doctor.findings import Finding, Machine

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


def test_the_page_of_the_doctor_lists_every_check_and_key() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "doctor.md").read_text()
    sources = (root / "ssetape" / "doctor").glob("*.py")
    checks = [
        name
        for source in sources
        for name in re.findall(r'Finding\(\s*"([a-z-]+)"', source.read_text())
    ]
    assert len(set(checks)) > 10
    rows = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert set(rows) == {*checks, *(field.name for field in fields(Finding))}
