"""Turns a response, as it was received, into findings about streaming. No I/O, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from ssetape.doctor import bot_checks
from ssetape.doctor.findings import OK, PROBLEM, WARNING, Finding
from ssetape.format.codings import codings
from ssetape.format.values import Headers, header_values

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
_UNBUFFER = (
    "have the server send X-Accel-Buffering: no and Cache-Control: no-cache, no-transform; in "
    "nginx, set proxy_buffering off and gzip off for this location; write and flush after every "
    "event; then request the stream from the server directly, to see whether a proxy buffers it"
)


@dataclass(frozen=True, slots=True)
class ProbedResponse:
    """A response as received.

    Attributes:
        interim: the statuses of the interim responses before it.
        http_version: "1.0" or "1.1".
        head_s: when the head arrived, in seconds since the request was sent.
        arrivals: for each read: seconds since the request was sent, and size in bytes.
        beginning: the beginning of the decoded body; b"" if it could not be decoded.
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
    beginning: bytes = b""
    events: int | None = 0
    ended: bool = True
    watched_s: float = 0.0
    error: str = ""


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
    if check := bot_checks.recognise(answer.status, answer.headers, answer.beginning):
        # Of the server itself, such a response says nothing.
        return [_bot_check(answer, check)]
    found = [*_status(answer), *_content_type(answer)]
    delivery = _delivery(answer)
    found += [*_framing(answer), *_coding(answer), *_between(answer, delivery.level), delivery]
    if answer.error:
        advice = "the response did not end as HTTP requires: see the server's log"
        found.append(Finding("end", PROBLEM, answer.error, advice))
    return found


def _bot_check(answer: ProbedResponse, check: bot_checks.BotCheck) -> Finding:
    found = f"{answer.status} from {check.protection}, which asks for a browser ({check.sign})"
    advice = (
        "mitmproxy is often refused like this too; `ssetape tap URL` records from inside a "
        "browser, without a proxy; a program needs what is offered to programs, such as an API key"
    )
    return Finding("bot-check", PROBLEM, found, advice)


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
    coding = ", ".join(codings(answer.headers))
    if coding:
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
