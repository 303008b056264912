"""Turns facts about a machine into findings, with what to do about them. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ssetape.output.refusals import how_to_install

OK: Literal["ok"] = "ok"
WARNING: Literal["warning"] = "warning"
PROBLEM: Literal["problem"] = "problem"

OLDEST_PYTHON = (3, 11)
OLDEST_MITMPROXY, FIRST_TOO_NEW_MITMPROXY = (11, 0, 2), (12, 3)
EXPIRES_SOON_DAYS = 30

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report: what was checked, the result, and what to do about it."""

    check: str
    level: Literal["ok", "warning", "problem"]
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts about a machine.

    Attributes:
        python: the version, as in sys.version_info.
        mitmproxy: its version; None if it is not installed.
        ca_path: where mitmproxy's CA certificate is, or will be.
        ca_expires_days: days until the certificate expires; None if there is none yet.
        ca_trusted: whether the system's trust store has it.
        ca_error: why it cannot be read; "" if it can.
        port: the port to listen on.
        port_error: why the port cannot be used; "" if it can.
        variables: the environment variables.
    """

    python: tuple[int, ...]
    mitmproxy: str | None
    ca_path: str
    ca_expires_days: float | None
    ca_trusted: bool
    ca_error: str
    port: int
    port_error: str
    variables: Mapping[str, str]


def of_machine(machine: Machine) -> list[Finding]:
    """Findings on what recording needs on this machine."""
    return [
        _python(machine),
        _mitmproxy(machine),
        _ca(machine),
        _port(machine),
        _environment(machine),
    ]


def _python(machine: Machine) -> Finding:
    text = ".".join(map(str, machine.python[:3]))
    if machine.python[:2] < OLDEST_PYTHON:
        return Finding("python", PROBLEM, text, "needs Python 3.11 or newer")
    return Finding("python", OK, text)


def _mitmproxy(machine: Machine) -> Finding:
    install = how_to_install("record")
    if machine.mitmproxy is None:
        return Finding("mitmproxy", PROBLEM, "not installed: nothing can be recorded", install)
    parts = machine.mitmproxy.split(".")
    version = tuple(int(part) if part.isdigit() else 0 for part in parts)
    if not OLDEST_MITMPROXY <= version < FIRST_TOO_NEW_MITMPROXY:
        found = f"{machine.mitmproxy}; expected 11.0.2 to 12.2.x"
        return Finding("mitmproxy", WARNING, found, install)
    return Finding("mitmproxy", OK, machine.mitmproxy)


def _ca(machine: Machine) -> Finding:
    if machine.ca_error:
        advice = "move it away (a new one will be made), or choose another folder with --confdir"
        return Finding("ca", PROBLEM, f"{machine.ca_path}: {machine.ca_error}", advice)
    days = machine.ca_expires_days
    if days is None:
        return Finding("ca", OK, f"{machine.ca_path} will be made by the first recording")
    again = "move it away; the next recording makes a new one, which clients must then trust"
    if days <= 0:
        return Finding("ca", PROBLEM, f"{machine.ca_path} expired {-days:.0f} days ago", again)
    trust = "trusted by this system" if machine.ca_trusted else "not trusted by this system"
    found = f"{machine.ca_path}, {days:.0f} days to go, {trust}"
    if days < EXPIRES_SOON_DAYS:
        return Finding("ca", WARNING, found, again)
    advice = "" if machine.ca_trusted else "`ssetape record -- COMMAND` makes COMMAND trust it"
    return Finding("ca", OK, found, advice)


def _port(machine: Machine) -> Finding:
    if machine.port_error:
        advice = "choose another with --port; --port 0 picks a free one"
        return Finding("port", WARNING, f"{machine.port}: {machine.port_error}", advice)
    return Finding("port", OK, f"{machine.port} is free" if machine.port else "any free port")


def _environment(machine: Machine) -> Finding:
    names = [n for n in machine.variables if n.lower() in _PROXY_VARIABLES and machine.variables[n]]
    if not names:
        return Finding("environment", OK, "no proxy variables are set")
    # Only names: a value may hold a password.
    advice = (
        "recording ignores them and connects to servers directly; if that needs the proxy, chain "
        "the two: mitmdump --mode upstream:URL -s addon/record.py"
    )
    return Finding("environment", WARNING, f"already set: {', '.join(sorted(names))}", advice)
