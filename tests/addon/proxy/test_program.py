import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ssetape.addon.proxy import program as child
from ssetape.errors import RecordError

PYTHON = sys.executable


def run(*command: str) -> int:
    return asyncio.run(child.run(command, os.environ))


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_exit_code_is_the_programs(code: int) -> None:
    assert run("sh", "-c", f"exit {code}") == code


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_program_that_a_signal_ended_has_the_code_a_shell_gives(number: signal.Signals) -> None:
    assert run("sh", "-c", f"kill -{number.value} $$") == 128 + number


def test_a_program_that_is_not_found_is_an_error_that_names_it() -> None:
    with pytest.raises(RecordError, match="cannot run 'no-such-program': No such file"):
        run("no-such-program")
    assert child.exit_code_of_failure("no-such-program") == 127


def test_a_program_that_may_not_be_run_is_an_error_that_names_it(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(RecordError, match="Permission denied"):
        run(str(script))
    assert child.exit_code_of_failure(str(script)) == 126
    with pytest.raises(RecordError, match=r"Permission denied|Is a directory"):
        run(str(tmp_path))
    assert child.exit_code_of_failure(str(tmp_path)) == 126


def test_a_name_without_a_folder_is_not_looked_for_in_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a shell: a file of that name that happens to lie here is not what was meant.
    (tmp_path / "of-this-test").write_text("#!/bin/sh\n")
    monkeypatch.chdir(tmp_path)
    shell = subprocess.run(["sh", "-c", "of-this-test"], capture_output=True)
    with pytest.raises(RecordError):
        run("of-this-test")
    assert child.exit_code_of_failure("of-this-test") == shell.returncode == 127


def test_an_argument_that_no_program_can_have_is_an_error() -> None:
    with pytest.raises(RecordError, match="null byte"):
        run("echo", "a\0b")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_is_handed_on(number: signal.Signals, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    # It ends by itself, with a code of its own, when it is told to.
    program = f"trap 'exit 5' {number.value}; : >{ready}; while :; do sleep 0.05; done"
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def tell() -> None:
        while not ready.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    telling = threading.Thread(target=tell)

    async def main() -> int:
        running = asyncio.create_task(child.run(["sh", "-c", program], os.environ))
        while signal.getsignal(number) == before[number]:
            await asyncio.sleep(0.01)
        telling.start()
        return await running

    assert asyncio.run(main()) == 5
    telling.join()
    assert {n: signal.getsignal(n) for n in before} == before


def test_an_interrupt_is_left_to_the_program(tmp_path: Path) -> None:
    # The terminal sends it to both; the one that records waits for what the other does.
    ready = tmp_path / "ready"
    program = f"import time, pathlib; pathlib.Path({str(ready)!r}).touch(); time.sleep(0.3)"

    async def main() -> int:
        running = asyncio.create_task(child.run([PYTHON, "-c", program], os.environ))
        while not ready.exists():
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        return await running

    assert asyncio.run(main()) == 0


def test_the_environment_leads_through_the_proxy_and_nowhere_around_it() -> None:
    bundle = Path("/tmp/bundle.pem")
    base = {"HOME": "/home/me", "no_proxy": "localhost", "https_proxy": "http://other:1"}
    variables = child.environment(base, "http://127.0.0.1:9", bundle)
    assert variables["HOME"] == "/home/me"
    assert "SSETAPE_URL" not in variables  # the proxy is not a base URL
    for name in ("http_proxy", "https_proxy", "all_proxy", "wss_proxy"):
        assert variables[name] == variables[name.upper()] == "http://127.0.0.1:9"
    assert variables["no_proxy"] == variables["NO_PROXY"] == ""
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert variables[name] == str(bundle)
    assert base == {"HOME": "/home/me", "no_proxy": "localhost", "https_proxy": "http://other:1"}


def test_a_proxy_that_grpc_would_prefer_is_replaced_too() -> None:
    base = {"grpc_proxy": "http://other:1", "no_grpc_proxy": "localhost"}
    variables = child.environment(base, "http://127.0.0.1:9", Path("/x"))
    assert variables["grpc_proxy"] == "http://127.0.0.1:9"
    assert variables["no_grpc_proxy"] == ""


def test_in_reverse_mode_the_environment_only_tells_where_to_ask() -> None:
    base = {"HTTPS_PROXY": "http://other:1", "OPENAI_BASE_URL": "http://elsewhere/v1"}
    proxy_url, reverse = "http://127.0.0.1:9", "https://api.openai.com/v1"
    variables = child.environment(base, proxy_url, Path("/x"), reverse=reverse)
    assert variables == {
        "HTTPS_PROXY": "http://other:1",
        "SSETAPE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_API_BASE": "http://127.0.0.1:9/v1",
    }


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("node", "Node's fetch"),
        ("/usr/local/bin/npx", "Node's fetch"),
        ("npm.cmd", "Node's fetch"),
        ("python3.13", "aiohttp"),
        (".venv/bin/python", "aiohttp"),
        ("go", "Go"),
        ("java", "Java"),
        ("curl", "if the program ignores it"),
        ("nodemon-like", "if the program ignores it"),
    ],
)
def test_what_a_program_ignores_is_told_by_its_name(command: str, why: str) -> None:
    told = child.why_nothing_came(command)
    assert why in told
    assert "--reverse URL" in told


def test_the_program_gets_the_environment_and_nothing_else(tmp_path: Path) -> None:
    written = tmp_path / "environment"
    code = f"import json, os; json.dump(dict(os.environ), open({str(written)!r}, 'w'))"
    variables = {"PATH": os.environ["PATH"], "A": "ä b"}
    assert asyncio.run(child.run([PYTHON, "-c", code], variables)) == 0
    seen = json.loads(written.read_text())
    assert seen["A"] == "ä b"
    assert not set(seen) - set(variables) - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING", "PWD"}
