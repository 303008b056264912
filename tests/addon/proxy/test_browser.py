import asyncio
import base64
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from proxies import server_context

from ssetape.addon.proxy import browser
from ssetape.errors import RecordError


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    server_context(tmp_path)
    pem = (tmp_path / "server.pem").read_text()
    path = tmp_path / "ca.pem"
    path.write_text(pem[pem.index("-----BEGIN CERTIFICATE") :])
    return path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def run(browser_program: str, certificate: Path, *arguments: str) -> None:
    asyncio.run(browser.run(browser_program, "http://127.0.0.1:9", certificate, arguments))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_key_is_named_as_openssl_has_it(certificate: Path) -> None:
    public = ["openssl", "x509", "-in", str(certificate), "-pubkey", "-noout"]
    pem = subprocess.run(public, capture_output=True, check=True).stdout
    to_der = ["openssl", "pkey", "-pubin", "-outform", "der"]
    der = subprocess.run(to_der, input=pem, capture_output=True, check=True).stdout
    expected = base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert browser.spki_hash(certificate) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone needs it")
@pytest.mark.parametrize("user", [0, 1000])
def test_only_root_goes_without_the_sandbox(
    user: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    flags = browser.flags("http://127.0.0.1:9", certificate, Path("/profile"))
    assert ("--no-sandbox" in flags) == (user == 0)
    assert "--proxy-server=http://127.0.0.1:9" in flags
    assert "--user-data-dir=/profile" in flags


def test_its_profile_is_gone_when_it_has_ended(
    tmp_path: Path, temporary: Path, certificate: Path
) -> None:
    said = tmp_path / "said"
    script = f'for word; do echo "$word" >>{said}; done; touch "${{1#*=}}/file"'
    run(program(tmp_path / "browser", script), certificate, "--headless=new", "http://a.test/")
    words = said.read_text().splitlines()
    assert words[-2:] == ["--headless=new", "http://a.test/"]
    assert words[0].startswith(f"--user-data-dir={temporary}/ssetape-browser-")
    assert list(temporary.iterdir()) == []


def test_without_a_url_it_opens_nothing(tmp_path: Path, certificate: Path) -> None:
    said = tmp_path / "said"
    run(program(tmp_path / "browser", f'for word; do echo "$word"; done >{said}'), certificate)
    assert said.read_text().splitlines()[-1] == "about:blank"


def test_one_that_fails_says_what_it_said_last(
    tmp_path: Path, temporary: Path, certificate: Path
) -> None:
    failing = program(tmp_path / "browser", "echo noise; echo 'Missing X server' >&2; exit 1")
    with pytest.raises(RecordError, match="browser exited with 1: Missing X server"):
        run(failing, certificate)
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there always is one")
@pytest.mark.parametrize("display", ["", ":0"])
def test_a_display_that_is_missing_is_told(
    display: str, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(RecordError) as raised:
        run(program(tmp_path / "browser", "exit 1"), certificate)
    assert "no output" in str(raised.value)
    assert ("--headless=new" in str(raised.value)) == (display == "")


def test_one_that_a_signal_ended_was_closed(tmp_path: Path, certificate: Path) -> None:
    run(program(tmp_path / "browser", "kill -TERM $$"), certificate)
