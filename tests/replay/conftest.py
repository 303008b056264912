"""A CA for all tests of a process, and a proxy with its certificates."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ssetape.replay.proxying.authority import Authority
from ssetape.replay.proxying.front import ProxyFront
from ssetape.replay.proxying.identities import Identities
from ssetape.replay.running import Running, running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("mitmproxy"))


@pytest.fixture
def trusting(authority: Authority) -> Callable[..., ssl.SSLContext]:
    """Makes the TLS context of a client that trusts the CA."""

    def make(*alpn: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=authority.certificate_path)
        context.set_alpn_protocols(list(alpn or ["http/1.1"]))
        return context

    return make


@pytest.fixture
def proxy(authority: Authority) -> Callable[..., Any]:
    """Serves captures as a proxy while a `with` block runs."""

    @contextmanager
    def serve(captures: list[Any], *arguments: Any, **options: Any) -> Iterator[Running]:
        front = ProxyFront(Identities(authority))
        with running(captures, *arguments, front=front, **options) as server:
            yield server

    return serve


@pytest.fixture
def ca_file(authority: Authority) -> Path:
    return authority.certificate_path
