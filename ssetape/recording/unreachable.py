"""Says why a server cannot be reached, and what to check, from what others' errors say. Pure."""

import os
import re
from typing import NamedTuple


class Trouble(NamedTuple):
    """A reason, and what to check."""

    reason: str
    advice: str


_REFUSED = Trouble("connection refused", "check that the server runs, and the port")
_NO_NAME = Trouble("the name does not resolve", "check its spelling, and the network")
_NO_WAY = Trouble("no route to it", "check the network")
_TIMED_OUT = Trouble("it does not respond", "check the address, and firewalls between")
_CERTIFICATE = "-k records without checking certificates"
_NO_TLS = Trouble("it does not speak TLS there", "check the port, or use http:// instead")
_TLS = "ssetape doctor URL says more"
# Why a client of ours gets nothing.
NOT_TRUSTED = Trouble(
    "a client does not trust the proxy's certificate for it",
    "let it trust the proxy's CA, mitmproxy-ca-cert.pem",
)

# What errors say of the system's sockets, mitmproxy's, OpenSSL and Chromium: in lower case.
# https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h
_SAID = (
    (r"errno 111|errno 61\b|connection_refused|connection refused", _REFUSED),
    (
        r"name or service not known|nodename nor servname|no address associated|"
        r"temporary failure in name|getaddrinfo|name_not_resolved|errno -[2-5]\b",
        _NO_NAME,
    ),
    (r"errno 10[01]|errno 113|unreachable|internet_disconnected|no route", _NO_WAY),
    (r"errno 110|timed.?out", _TIMED_OUT),
    (r"does not speak tls|wrong.version.number|ssl_protocol_error", _NO_TLS),
)
_CERTIFICATE_ERROR = re.compile(r"(?:certificate verify failed: *|net::err_(?=cert_))(.*)", re.I)
_ERRNO = re.compile(r"\[Errno (\d+)\][^\[]*")
_REASON_LIMIT_CHARS = 100


def trouble(error: str) -> Trouble:
    """Why a server could not be reached, in words, and what to check.

    Args:
        error: what mitmproxy or Chromium says.
    """
    if found := _CERTIFICATE_ERROR.search(error):
        why = found[1].removeprefix("CERT_").replace("_", " ").strip().lower().rstrip(".")
        return Trouble(f"its certificate is not valid ({why or 'no reason given'})", _CERTIFICATE)
    text = error.lower()
    for pattern, known in _SAID:
        if re.search(pattern, text):
            return known
    if number := _ERRNO.search(error):
        return Trouble(os.strerror(int(number[1])).lower(), _TLS)
    return Trouble(error[:_REASON_LIMIT_CHARS].strip().rstrip(".") or "no reason given", _TLS)
