"""Turns facts about a machine and a response into findings about streaming. No I/O, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from ssetape.format.values import Headers, header_values

OK: Literal["ok"] = "ok"
WARNING: Literal["warning"] = "warning"
PROBLEM: Literal["problem"] = "problem"

OLDEST_PYTHON = (3, 11)
OLDEST_MITMPROXY, FIRST_TOO_NEW_MITMPROXY = (11, 0, 2), (12, 3)
EXPIRES_SOON_DAYS = 30

# People see arrivals within BURST_S as simultaneous, and silences of WAIT_S or more as waits.
BURST_S = 0.1
WAIT_S = 0.5
# A stream comes in blocks if its bursts have this many events on average, with waits between them.
BLOCK_EVENTS = 5

# Response headers that proxies and caches add. Server is checked separately.
_INTERMEDIARIES = (
    *("via", "x-cache", "x-cache-hits", "cf-ray", "cf-cache-status", "x-varnish", "x-served-by"),
    *("x-amz-cf-id", "x-azure-ref", "x-envoy-upstream-service-time", "x-proxy-cache"),
)
_SERVERS = ("nginx", "openresty", "cloudflare", "envoy", "varnish", "cloudfront", "akamai")
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")

_UNBUFFER = (
    "have the server send X-Accel-Buffering: no and Cache-Control: no-cache, no-transform; in "
    "nginx, set proxy_buffering off and gzip off for this location; write and flush after every "
    "event; then request the stream from the server directly, to see whether a proxy buffers it"
)


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


@dataclass(frozen=True, slots=True)
class ProbedResponse:
    """A response as received.

    Attributes:
        interim: the statuses of the interim responses before it.
        http_version: "1.0" or "1.1".
        head_s: when the head arrived, in seconds since the request was sent.
        arrivals: for each read: seconds since the request was sent, and size in bytes.
        events: the number of events; None if the body could not be decoded.
        ended: whether the body ended before the time to watch it did.
        watched_s: how long the response was watched.
        error: why there is no response, or only part of one; "" if all went well.
    """

    status: int = 0
    interim: tuple[int, ...] = ()
    http_version: str = "1.1"
    headers: Headers = field(default_factory=list)
    head_s: float = 0.0
    arrivals: tuple[tuple[float, int], ...] = ()
    events: int | None = 0
    ended: bool = True
    watched_s: float = 0.0
    error: str = ""


def of_machine(machine: Machine) -> list[Finding]:
    """Findings on what recording needs on this machine."""
    return [
        _python(machine),
        _mitmproxy(machine),
        _ca(machine),
        _port(machine),
        _environment(machine),
    ]


def of_trial(answer: ProbedResponse, recorded: bool, sent_chunks: int) -> list[Finding]:
    """Findings on a stream from our own server through our own proxy."""
    if answer.error or answer.status != 200 or not answer.arrivals:
        reason = answer.error or f"status {answer.status}, {len(answer.arrivals)} reads"
        advice = "something interferes with loopback connections: a firewall, a security tool"
        return [Finding("trial", PROBLEM, f"no stream came through the proxy: {reason}", advice)]
    spread_s = answer.arrivals[-1][0] - answer.arrivals[0][0]
    live = spread_s > BURST_S
    came = f"{sent_chunks} chunks came in {len(answer.arrivals)} reads over {spread_s:.2f} s"
    advice = "" if live else "the proxy buffers streams: check which addons mitmproxy loads"
    words = "byte for byte" if recorded else "the capture differs from what was sent"
    return [
        Finding("trial", OK if live else PROBLEM, f"through a proxy, {came}", advice),
        Finding("recording", OK if recorded else PROBLEM, words),
    ]


def of_stream(answer: ProbedResponse) -> list[Finding]:
    """Findings on how a response streamed, and on what stands between it and the server."""
    if answer.error and not answer.status:
        advice = "check the address, and whether it can be reached only through a proxy"
        return [Finding("request", PROBLEM, answer.error, advice)]
    found = [*_status(answer), *_content_type(answer)]
    delivery = _delivery(answer)
    found += [*_framing(answer), *_coding(answer), *_between(answer, delivery.level), delivery]
    if answer.error:
        advice = "the response did not end as HTTP requires: see the server's log"
        found.append(Finding("end", PROBLEM, answer.error, advice))
    return found


def _python(machine: Machine) -> Finding:
    text = ".".join(map(str, machine.python[:3]))
    if machine.python[:2] < OLDEST_PYTHON:
        return Finding("python", PROBLEM, text, "needs Python 3.11 or newer")
    return Finding("python", OK, text)


def _mitmproxy(machine: Machine) -> Finding:
    install = "pip install 'ssetape[record]' (in a clone: '.[record]')"
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


def _values(answer: ProbedResponse, name: str) -> str:
    return ", ".join(header_values(answer.headers, name)).strip()


def _status(answer: ProbedResponse) -> Iterable[Finding]:
    found = f"{answer.status}, head after {answer.head_s:.2f} s"
    if 200 <= answer.status < 300:
        yield Finding("status", OK, found)
    elif 300 <= answer.status < 400:
        advice = f"check {_values(answer, 'location') or 'the URL it redirects to'} instead"
        yield Finding("status", PROBLEM, found, advice)
    else:
        advice = "the server refused the request: -X, -H and -d set method, headers and body"
        yield Finding("status", PROBLEM, found, advice)


def _content_type(answer: ProbedResponse) -> Iterable[Finding]:
    value = _values(answer, "content-type")
    if value.partition(";")[0].strip().lower() == "text/event-stream":
        yield Finding("content-type", OK, value)
        return
    advice = "event streams need Content-Type: text/event-stream; EventSource refuses any other"
    yield Finding("content-type", PROBLEM, value or "none", advice)


def _framing(answer: ProbedResponse) -> Iterable[Finding]:
    if answer.interim:
        found = f"{', '.join(map(str, answer.interim))} before the response"
        advice = "have the server send none: over HTTP/1.1 mitmproxy takes it for the response"
        yield Finding("interim", PROBLEM, found, advice)
    if answer.http_version == "1.0":
        advice = "in nginx, set proxy_http_version 1.1; some proxies buffer bodies without chunks"
        yield Finding("http-version", WARNING, "HTTP/1.0", advice)
    if length := _values(answer, "content-length"):
        found = f"{length}: the sender had the whole body before it sent the head"
        yield Finding("content-length", PROBLEM, found, f"something buffers the body; {_UNBUFFER}")


def _coding(answer: ProbedResponse) -> Iterable[Finding]:
    coding = _values(answer, "content-encoding").lower()
    if coding and coding != "identity":
        advice = (
            "compression holds events back unless it flushes after each; to turn it off, send "
            "Cache-Control: no-transform, and set gzip off for text/event-stream"
        )
        yield Finding("content-encoding", WARNING, coding, advice)


def _between(answer: ProbedResponse, delivery: str) -> Iterable[Finding]:
    seen = {name: value for name in _INTERMEDIARIES if (value := _values(answer, name))}
    server = _values(answer, "server")
    if any(name in server.lower() for name in _SERVERS):
        seen["server"] = server
    listed = ", ".join(f"{name}: {value}" for name, value in seen.items())
    age = _values(answer, "age")
    if age or "hit" in f"{seen.get('x-cache', '')} {seen.get('cf-cache-status', '')}".lower():
        listed = ", ".join(part for part in (listed, f"age: {age}" if age else "") if part)
        advice = (
            "the response may be from a cache; have the server send Cache-Control: no-cache, "
            "no-store"
        )
        yield Finding("between", PROBLEM, listed, advice)
    elif listed and delivery != OK:
        advice = "one of these may hold the stream back"
        if "nginx" in server.lower() and not _values(answer, "x-accel-buffering"):
            advice += "; nginx buffers unless it gets X-Accel-Buffering: no or proxy_buffering off"
        yield Finding("between", WARNING, listed, advice)
    elif listed:
        yield Finding("between", OK, f"{listed}: does not hold the stream back")


def _delivery(answer: ProbedResponse) -> Finding:
    times_s = [t_s for t_s, _ in answer.arrivals]
    events = answer.events
    number = "an unknown number of" if events is None else str(events)
    if not times_s:
        if answer.ended:
            advice = "check whether the server wants another request: -X, -H and -d change it"
            return Finding("delivery", WARNING, "the body ended without a byte", advice)
        found = f"no byte in {answer.watched_s:.1f} s"
        advice = f"watch longer with --seconds; if the server sent events meanwhile, {_UNBUFFER}"
        return Finding("delivery", WARNING, found, advice)
    spread_s = times_s[-1] - times_s[0]
    if spread_s <= BURST_S:
        # If the stream goes on, one burst may be all that was sent so far.
        found = f"{number} events at once, {times_s[0]:.2f} s after the request"
        if times_s[0] >= WAIT_S and answer.ended and (events is None or events > 1):
            found = f"{found}: held back, or generated at once"
            return Finding("delivery", PROBLEM, found, _UNBUFFER)
        advice = "too little to judge: ask for a longer answer, or watch longer with --seconds"
        return Finding("delivery", WARNING, found, advice)
    silences_s = sorted(b - a for a, b in pairwise(times_s))
    bursts = 1 + sum(silence_s > BURST_S for silence_s in silences_s)
    found = f"{number} events in {bursts} bursts over {spread_s:.2f} s, longest silence "
    found += f"{silences_s[-1]:.2f} s"
    if (events or 0) >= BLOCK_EVENTS * bursts and silences_s[-1] >= WAIT_S:
        return Finding("delivery", WARNING, f"{found}: the stream comes in blocks", _UNBUFFER)
    found = f"{number} events in {len(times_s)} reads over {spread_s:.2f} s: it streams"
    return Finding("delivery", OK, found)
