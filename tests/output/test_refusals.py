"""Each refusal says what was wanted, what stands against it, and what to do next."""

import errno
import os
import socket

import pytest

from ssetape.output.refusals import cannot_listen, no_captures, not_installed

TAKEN = os.strerror(errno.EADDRINUSE)


@pytest.mark.parametrize(
    ("host", "error", "said"),
    [
        ("127.0.0.1", OSError(errno.EADDRINUSE, "x"), f"127.0.0.1:80: {TAKEN}; port 0 picks"),
        ("::1", OSError(errno.EADDRINUSE, "error while attempting"), f"[::1]:80: {TAKEN}; port 0"),
        ("a", OSError(errno.EACCES, "x"), f"a:80: {os.strerror(errno.EACCES)}; port 0 picks"),
        ("a", OSError(errno.EADDRNOTAVAIL, "x"), f"a:80: {os.strerror(errno.EADDRNOTAVAIL)}"),
        ("a", socket.gaierror(socket.EAI_NONAME, "unknown name"), "a:80: unknown name"),
        ("a", OSError("odd"), "a:80: odd"),
        ("a", OverflowError("too large"), "a:80: too large"),
        ("a", None, "a:80: no reason given"),
    ],
)
def test_an_address_that_cannot_be_used(host: str, error: Exception | None, said: str) -> None:
    told = cannot_listen(host, 80, error)
    assert told.startswith(f"cannot listen on {said}")
    assert ("port 0" in said) == ("port 0" in told)


def test_places_without_captures() -> None:
    told = no_captures(["a", "b"])
    assert told.startswith("there are no captures in 'a', 'b': `ssetape record`")


def test_a_package_that_is_missing_or_broken() -> None:
    install = "pip install 'ssetape[x]' (in a clone: uv sync --extra x)"
    missing = not_installed("this", "p", "x", ModuleNotFoundError("No module named 'p'"))
    assert missing == f"this needs p, which is not installed: {install}"
    broken = not_installed("this", "p", "x", ImportError("no libz"))
    assert broken == f"this needs p, which cannot be imported (no libz): {install}"
