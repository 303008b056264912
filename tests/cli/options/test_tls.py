"""`ssetape replay --tls`, as a program."""

import ssl
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from programs import Program, run_without_mitmproxy

Write = Callable[..., Path]
Invoke = Callable[..., Result]


def get(url: str, trusted: Path) -> bytes:
    context = ssl.create_default_context(cafile=trusted)
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
    with urllib.request.build_opener(*handlers).open(url, timeout=60) as response:
        body: bytes = response.read()
    return body


def test_who_trusts_the_proxy_trusts_the_replay(capture_file: Write, tmp_path: Path) -> None:
    words = ["replay", "--port", "0", "--tls", "--confdir", tmp_path, capture_file([(0.0, b"x")])]
    with Program(*words) as program:
        trusted = Path(program.wait_for(r"clients must trust (\S+)\n")[1])
        port = program.wait_for(r"at https://127\.0\.0\.1:(\d+)\n")[1]
        for host in ("127.0.0.1", "localhost"):
            assert get(f"https://{host}:{port}/stream", trusted) == b"x"
    assert sorted(path.name for path in tmp_path.glob("*server*")) == []


ASK = (
    "import os, ssl, sys, urllib.request as u;"
    "tls = u.HTTPSHandler(context=ssl.create_default_context(cafile=sys.argv[1]));"
    "url = os.environ['SSETAPE_URL'] + '/stream';"
    "print(u.build_opener(u.ProxyHandler({}), tls).open(url).read())"
)


def test_it_needs_no_mitmproxy(capture_file: Write, tmp_path: Path) -> None:
    confdir = tmp_path / "ca"
    words = ["replay", "--tls", "--confdir", confdir, capture_file([(0.0, b"x")]), "--"]
    trusted = confdir / "mitmproxy-ca-cert.pem"
    done = run_without_mitmproxy(*words, sys.executable, "-c", ASK, trusted)
    assert (done.returncode, done.stdout) == (0, b"b'x'\n"), done.stderr.decode()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--key", "x.pem"], "--key needs --certificate"),
        (["--tls", "--proxy"], "--tls, --http3 and --certificate are for a base URL"),
        (["--http3", "--proxy"], "a proxy has its own certificates"),
        (["--certificate", "x.pem", "--browser", "--browser-path", "sh"], "are for a base URL"),
        (["--tls", "--on-miss", "pass", "--origin", "http://a"], "are for a base URL"),
    ],
)
def test_what_cannot_be_is_misuse(
    options: list[str], words: str, capture_file: Write, invoke: Invoke, tmp_path: Path
) -> None:
    result = invoke("replay", *options, "--confdir", str(tmp_path), str(capture_file()))
    assert result.exit_code == 2
    assert words in result.stderr
    assert list(tmp_path.glob("mitmproxy*")) == []


def test_a_certificate_that_is_none_is_told(
    capture_file: Write, invoke: Invoke, tmp_path: Path
) -> None:
    (tmp_path / "x.pem").write_text("nonsense")
    result = invoke("replay", "--certificate", tmp_path / "x.pem", str(capture_file()))
    assert result.exit_code == 1
    assert "cannot use the certificate" in result.stderr
