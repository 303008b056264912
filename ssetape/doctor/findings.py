"""What the facts of a machine and of a response say about streaming: findings, no I/O, no clock."""

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

# What comes within this time came at once, for whoever watches; and a wait is what is longer.
BURST_S = 0.1
WAIT_S = 0.5
# Blocks: so many events in each arrival on average, with silences between them.
BLOCK_EVENTS = 5

# Response headers that proxies and caches add. Server is looked at apart.
_INTERMEDIARIES = (
    *("via", "x-cache", "x-cache-hits", "cf-ray", "cf-cache-status", "x-varnish", "x-served-by"),
    *("x-amz-cf-id", "x-azure-ref", "x-envoy-upstream-service-time", "x-proxy-cache"),
)
_SERVERS = ("nginx", "openresty", "cloudflare", "envoy", "varnish", "cloudfront", "akamai")
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")

_UNBUFFER = (
    "have the server send X-Accel-Buffering: no and Cache-Control: no-cache, no-transform; in "
    "nginx proxy_buffering off and gzip off for this location; write and flush after every "
    "event; then ask the server itself, without what stands before it, to see who holds them back"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: what was looked at, how it is, and what to do about it."""

    check: str
    level: Literal["ok", "warning", "problem"]
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is on a machine.

    Attributes:
        python: version, as in sys.version_info.
        mitmproxy: its version, None where it is not installed.
        ca_path: where mitmproxy's CA certificate is, or will be.
        ca_expires_days: days until it expires, None where there is none yet.
        ca_trusted: whether the system's trust store has it.
        ca_error: why it cannot be read, "" where it can.
        port: the one to listen on.
        port_error: why that cannot be had, "" where it can.
        variables: the environment.
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
    """A response as it came.

    Attributes:
        http_version: "1.0" or "1.1".
        head_s: when the head was there, in seconds since the request was sent.
        arrivals: (seconds since the request was sent, bytes) of each read that brought some.
        events: how many events these were, None where the body could not be decoded.
        ended: whether the body ended, rather than the time to watch it.
        watched_s: for how long it was watched.
        error: why there is no response, or no more of it; "" where nothing went wrong.
    """

    status: int = 0
    http_version: str = "1.1"
    headers: Headers = field(default_factory=list)
    head_s: float = 0.0
    arrivals: tuple[tuple[float, int], ...] = ()
    events: int | None = 0
    ended: bool = True
    watched_s: float = 0.0
    error: str = ""


def of_machine(machine: Machine) -> list[Finding]:
    """What a machine has and lacks for recording."""
    return [
        _python(machine),
        _mitmproxy(machine),
        _ca(machine),
        _port(machine),
        _environment(machine),
    ]


def of_trial(answer: ProbedResponse, recorded: bool, sent_chunks: int) -> list[Finding]:
    """What a stream through a proxy of our own, from a server of our own, has shown."""
    if answer.error or answer.status != 200 or not answer.arrivals:
        told = answer.error or f"status {answer.status}, {len(answer.arrivals)} reads"
        advice = "something stands between loopback and loopback: a firewall, a guard"
        return [Finding("trial", PROBLEM, f"no stream came through the proxy: {told}", advice)]
    spread_s = answer.arrivals[-1][0] - answer.arrivals[0][0]
    live = spread_s > BURST_S
    came = f"{sent_chunks} chunks came in {len(answer.arrivals)} reads over {spread_s:.2f} s"
    advice = "" if live else "the proxy holds streams back: which addons does mitmproxy load?"
    words = "byte for byte" if recorded else "the capture is not what was sent"
    return [
        Finding("trial", OK if live else PROBLEM, f"through a proxy {came}", advice),
        Finding("recording", OK if recorded else PROBLEM, words),
    ]


def of_stream(answer: ProbedResponse) -> list[Finding]:
    """What a response shows of how it was streamed, and by whom it was touched."""
    if answer.error and not answer.status:
        advice = "check the address, and whether a proxy is needed to get there"
        return [Finding("request", PROBLEM, answer.error, advice)]
    found = [*_status(answer), *_content_type(answer)]
    delivery = _delivery(answer)
    found += [*_framing(answer), *_coding(answer), *_between(answer, delivery.level), delivery]
    if answer.error:
        advice = "the response did not end as HTTP says it must: see the server's log"
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
        advice = "move it away (a new one is made), or choose another folder with --confdir"
        return Finding("ca", PROBLEM, f"{machine.ca_path}: {machine.ca_error}", advice)
    days = machine.ca_expires_days
    if days is None:
        return Finding("ca", OK, f"{machine.ca_path} will be made by the first recording")
    again = "move it away; the next recording makes a new one, which clients have to trust anew"
    if days <= 0:
        return Finding("ca", PROBLEM, f"{machine.ca_path} expired {-days:.0f} days ago", again)
    trust = "trusted by this system" if machine.ca_trusted else "not trusted by this system"
    found = f"{machine.ca_path}, {days:.0f} days to go, {trust}"
    if days < EXPIRES_SOON_DAYS:
        return Finding("ca", WARNING, found, again)
    advice = "" if machine.ca_trusted else "`ssetape record -- COMMAND` has COMMAND trust it"
    return Finding("ca", OK, found, advice)


def _port(machine: Machine) -> Finding:
    if machine.port_error:
        advice = "choose another with --port, or have --port 0 pick one"
        return Finding("port", WARNING, f"{machine.port}: {machine.port_error}", advice)
    return Finding("port", OK, f"{machine.port} is free" if machine.port else "any that is free")


def _environment(machine: Machine) -> Finding:
    names = [n for n in machine.variables if n.lower() in _PROXY_VARIABLES and machine.variables[n]]
    if not names:
        return Finding("environment", OK, "no proxy variables are set")
    # Names alone: a value may hold a password.
    advice = (
        "recording goes to servers directly; if only that proxy reaches them, chain them: "
        "mitmdump --mode upstream:URL -s addon/record.py"
    )
    return Finding("environment", WARNING, f"set already: {', '.join(sorted(names))}", advice)


def _values(answer: ProbedResponse, name: str) -> str:
    return ", ".join(header_values(answer.headers, name)).strip()


def _status(answer: ProbedResponse) -> Iterable[Finding]:
    found = f"{answer.status}, head after {answer.head_s:.2f} s"
    if 200 <= answer.status < 300:
        yield Finding("status", OK, found)
    elif 300 <= answer.status < 400:
        advice = f"ask {_values(answer, 'location') or 'where it points'} itself"
        yield Finding("status", PROBLEM, found, advice)
    else:
        advice = "the request is refused: -X, -H and -d make it what the server wants"
        yield Finding("status", PROBLEM, found, advice)


def _content_type(answer: ProbedResponse) -> Iterable[Finding]:
    value = _values(answer, "content-type")
    if value.partition(";")[0].strip().lower() == "text/event-stream":
        yield Finding("content-type", OK, value)
        return
    advice = "an event stream has Content-Type: text/event-stream; EventSource refuses others"
    yield Finding("content-type", PROBLEM, value or "none", advice)


def _framing(answer: ProbedResponse) -> Iterable[Finding]:
    if answer.http_version == "1.0":
        advice = "proxy_http_version 1.1 in nginx; some proxies buffer what has no chunks"
        yield Finding("http-version", WARNING, "HTTP/1.0", advice)
    if length := _values(answer, "content-length"):
        found = f"{length}: whoever sent this had the whole body before"
        yield Finding("content-length", PROBLEM, found, f"something collects the body; {_UNBUFFER}")


def _coding(answer: ProbedResponse) -> Iterable[Finding]:
    coding = _values(answer, "content-encoding").lower()
    if coding and coding != "identity":
        advice = (
            "a compressor holds events back unless it flushes after each; Cache-Control: "
            "no-transform, and gzip off for text/event-stream, keep it out"
        )
        yield Finding("content-encoding", WARNING, coding, advice)


def _between(answer: ProbedResponse, delivery: str) -> Iterable[Finding]:
    seen = {name: value for name in _INTERMEDIARIES if (value := _values(answer, name))}
    server = _values(answer, "server")
    if any(name in server.lower() for name in _SERVERS):
        seen["server"] = server
    told = ", ".join(f"{name}: {value}" for name, value in seen.items())
    age = _values(answer, "age")
    if age or "hit" in f"{seen.get('x-cache', '')} {seen.get('cf-cache-status', '')}".lower():
        told = ", ".join(part for part in (told, f"age: {age}" if age else "") if part)
        advice = "this may be from a cache; have the server send Cache-Control: no-cache, no-store"
        yield Finding("between", PROBLEM, told, advice)
    elif told and delivery != OK:
        advice = "one of these may be who holds the stream back"
        if "nginx" in server.lower() and not _values(answer, "x-accel-buffering"):
            advice += "; nginx buffers unless X-Accel-Buffering: no or proxy_buffering off says so"
        yield Finding("between", WARNING, told, advice)
    elif told:
        yield Finding("between", OK, f"{told}: it does not hold the stream back")


def _delivery(answer: ProbedResponse) -> Finding:
    times_s = [t_s for t_s, _ in answer.arrivals]
    events = answer.events
    told = "no" if events is None else str(events)
    if not times_s:
        if answer.ended:
            advice = "was the request what the server wants? -X, -H and -d change it"
            return Finding("delivery", WARNING, "it ended without a byte", advice)
        found = f"not a byte in {answer.watched_s:.1f} s"
        advice = f"watch longer with --seconds; if events were sent meanwhile, {_UNBUFFER}"
        return Finding("delivery", WARNING, found, advice)
    spread_s = times_s[-1] - times_s[0]
    if spread_s <= BURST_S:
        # Where it goes on, one burst may be all that was sent so far.
        found = f"{told} events at once, {times_s[0]:.2f} s after the request"
        if times_s[0] >= WAIT_S and answer.ended and (events is None or events > 1):
            return Finding("delivery", PROBLEM, f"{found}: held back, or made at once", _UNBUFFER)
        advice = "too little to tell; ask for a longer answer, or watch longer with --seconds"
        return Finding("delivery", WARNING, found, advice)
    silences_s = sorted(b - a for a, b in pairwise(times_s))
    bursts = 1 + sum(silence_s > BURST_S for silence_s in silences_s)
    found = f"{told} events in {bursts} bursts, {spread_s:.2f} s; longest silence "
    found += f"{silences_s[-1]:.2f} s"
    if (events or 0) >= BLOCK_EVENTS * bursts and silences_s[-1] >= WAIT_S:
        return Finding("delivery", WARNING, f"{found}: it comes in blocks", _UNBUFFER)
    found = f"{told} events in {len(times_s)} reads over {spread_s:.2f} s: it streams"
    return Finding("delivery", OK, found)
