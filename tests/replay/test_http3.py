"""How it is refused; that it serves, tests/addon/test_http3.py tests with the other HTTP/3."""

import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from proxies import server_context

from ssetape.errors import ReplayError
from ssetape.replay import http3 as http3_module
from ssetape.replay.asgi import ReplayApp
from ssetape.replay.http3 import serve

Make = Callable[..., Any]


def run(app: ReplayApp, port: int, pem: Path) -> None:
    asyncio.run(serve(app, "127.0.0.1", port, (pem, pem), asyncio.Event()))


def test_a_busy_port_is_told(
    capture: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http3_module, "_version", lambda package: (0, 18))
    pytest.importorskip("hypercorn")
    server_context(tmp_path)
    app = ReplayApp([capture([])])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", 0))
        port = busy.getsockname()[1]
        with pytest.raises(ReplayError, match=f"cannot listen on 127.0.0.1:{port}"):
            run(app, port, tmp_path / "server.pem")


def test_without_hypercorn_it_says_what_to_install(
    capture: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(http3_module, "_version", lambda package: (0, 18))
    monkeypatch.setitem(sys.modules, "hypercorn.asyncio", None)
    with pytest.raises(ReplayError, match=r"pip install 'ssetape\[http3\]'"):
        run(ReplayApp([capture([])]), 0, tmp_path / "none.pem")


def test_an_old_hypercorn_is_none(
    capture: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(http3_module.metadata, "version", lambda package: "0.17.3")
    with pytest.raises(ReplayError, match=r"needs Hypercorn 0\.18 or later"):
        run(ReplayApp([capture([])]), 0, tmp_path / "none.pem")
