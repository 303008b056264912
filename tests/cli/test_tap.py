import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import ssetape

Invoke = Callable[..., Result]
Fake = Callable[..., Path]

TIMEOUT_S = 60
URL = "http://a.test/stream?token=s3cret"


def command(browser: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "ssetape", "tap", "--browser-path", str(browser), *words]


def tap(browser: Path, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(browser, "-o", str(folder), *words),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env={**os.environ, "XDG_DATA_HOME": str(folder.parent / "data")},
    )


def test_streams_are_recorded_until_the_browser_is_closed(
    fake_browser: Fake, tmp_path: Path
) -> None:
    done = tap(fake_browser(), tmp_path / "captures", "--throw-away", URL)
    (path,) = (tmp_path / "captures").iterdir()
    assert (done.returncode, done.stdout) == (0, "")
    first, start, end, last = done.stderr.splitlines()
    assert first == "ssetape: recording from Fake/1.0; until it is closed, or Ctrl-C"
    assert start.startswith("ssetape: recording GET http://a.test/stream?token=MASKED to ")
    assert end.endswith(f"chunks: 5, bytes: 45: {path.name}")
    assert last == f"ssetape: recorded 1 stream (1 complete) in {tmp_path / 'captures'}"
    capture = ssetape.open(path)
    assert [event.data for event in capture.events()] == ["0", "1", "2", "3", "4"]
    assert "s3cret" not in path.read_text()


def test_the_profile_is_kept_for_next_time(fake_browser: Fake, tmp_path: Path) -> None:
    browser = fake_browser()
    done = tap(browser, tmp_path / "captures", URL)
    kept = tmp_path / "data" / "ssetape" / "browser"
    assert f"the browser's profile, which is kept: {kept}" in done.stderr
    assert kept.stat().st_mode & 0o777 == 0o700
    assert f"--user-data-dir={kept}" in (tmp_path / "log").read_text()
    tap(browser, tmp_path / "captures", "--profile", str(tmp_path / "mine"), URL)
    assert (tmp_path / "mine").is_dir()
    assert f"--user-data-dir={tmp_path / 'mine'}" in (tmp_path / "log").read_text()


def test_one_to_throw_away_is_gone(
    fake_browser: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    tap(fake_browser(), tmp_path / "captures", "--throw-away", "--headless", URL, "--", "--lang=de")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "data").exists()
    words = (tmp_path / "log").read_text().splitlines()[0]
    assert "--headless=new" in words
    assert "--lang=de" in words


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_browser_and_ends_its_streams(
    number: signal.Signals, fake_browser: Fake, tmp_path: Path
) -> None:
    folder = tmp_path / "captures"
    words = command(fake_browser("endless"), "-o", str(folder), "--throw-away", URL)
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "recording GET" not in process.stderr.readline():
            pass
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == 0
    assert "recorded 1 stream (1 browser_closed)" in rest
    assert (tmp_path / "log").read_text().splitlines()[-1] == "Browser.close"


def test_what_happens_can_be_had_as_json(fake_browser: Fake, tmp_path: Path) -> None:
    done = tap(fake_browser(), tmp_path / "captures", "--throw-away", "--json", URL)
    happened = [json.loads(line) for line in done.stdout.splitlines()]
    names = [each["happened"] for each in happened]
    assert names == ["started", *["event"] * 5, "ended", "finished"]
    assert happened[-2]["end"] == "complete"
    assert happened[-1]["ends"] == {"complete": 1}


def test_a_filter_keeps_the_rest_out(fake_browser: Fake, tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    for expression, count in (("~d b.test", 0), ("~d a.test & ~u stream", 1)):
        words = ("--throw-away", "--filter", expression, URL)
        done = tap(fake_browser(), folder, *words)
        assert f"recorded {count} stream" in done.stderr
        assert len(list(folder.iterdir())) == count


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["a.test", "b.test"], "b.test: expected one URL, then -- and flags of the browser"),
        (["--attach", "x:y"], "--attach x:y: expected HOST:PORT, such as 127.0.0.1:9222"),
        (["--attach", "9222", "--headless"], "leave out --headless"),
        (["--attach", "9222", "--", "--lang=de"], "leave out flags"),
        (["--profile", "x", "--throw-away"], "leave out one of them"),
        (["--filter", "~b x"], "~b asks for the body"),
    ],
)
def test_what_does_not_go_together_is_misuse(
    words: list[str], problem: str, invoke: Invoke
) -> None:
    result = invoke("tap", *words)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--attach", "127.0.0.1:9"], "no browser with a debugging port at 127.0.0.1:9"),
        (["--browser-path", "/no/such"], "--browser-path /no/such: there is no such program"),
        (["-o", "/dev/null/x"], "cannot write captures to /dev/null/x"),
    ],
)
def test_what_fails_is_one_line(words: list[str], problem: str, invoke: Invoke) -> None:
    result = invoke("tap", *words)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_host_stands_for_its_url(fake_browser: Fake, tmp_path: Path) -> None:
    for word, url in (("a.test/x", "https://a.test/x"), ("localhost:1", "http://localhost:1")):
        folder = tmp_path / word.replace("/", "-")
        tap(fake_browser(), folder, "--throw-away", word)
        (path,) = folder.iterdir()
        assert ssetape.open(path).request.url == url
