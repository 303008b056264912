"""Runs the program to record, with variables that set up the proxy and its CA."""

import asyncio
import os
import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ssetape.errors import RecordError

from . import base_urls

# The last is for WebSockets of aiohttp. mitmproxy refuses what it asks for with WS_PROXY.
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "WSS_PROXY")

# Each replaces the CAs that its reader trusts; only NODE_EXTRA_CA_CERTS adds to them.
_BUNDLE_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL, httpx, Go, Ruby
    "REQUESTS_CA_BUNDLE",  # requests
    "CURL_CA_BUNDLE",  # curl, requests
    "NODE_EXTRA_CA_CERTS",  # Node
    "AWS_CA_BUNDLE",  # botocore, AWS SDKs
    "GIT_SSL_CAINFO",  # git
    "PIP_CERT",  # pip
    "DENO_CERT",  # Deno
    "CARGO_HTTP_CAINFO",  # cargo
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",  # gRPC
    "NIX_SSL_CERT_FILE",  # Nix
)

# Programs known to ignore proxy settings, by name, and how to say so.
_KNOWN_TO_IGNORE = (
    (
        # https://nodejs.org/api/http.html#built-in-proxy-support
        {"node", "npm", "npx", "pnpm", "yarn", "tsx", "ts-node", "next", "vite"},
        "Node's fetch ignores a proxy before 22.21 and 24",
    ),
    (
        # https://docs.aiohttp.org/en/stable/client_advanced.html#proxy-support
        {"python", "py", "uv", "uvx", "poetry", "pytest", "ipython", "jupyter"},
        "Python's aiohttp ignores a proxy without trust_env=True",
    ),
    (
        # https://pkg.go.dev/net/http#ProxyFromEnvironment
        {"go"},
        "Go ignores a proxy for servers on this machine",
    ),
    (
        # https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/doc-files/net-properties.html
        {"java", "mvn", "gradle", "gradlew", "sbt"},
        "Java ignores proxy variables",
    ),
)


def environment(
    base: Mapping[str, str], proxy_url: str, ca_bundle: Path, *, reverse: str | None = None
) -> dict[str, str]:
    """The environment that sends a program's requests through the proxy, and has it trusted.

    Args:
        reverse: the URL that the proxy stands in for. Then no proxy variables are set: the
            program has to use `SSETAPE_URL`, or its SDK's own variable.
    """
    if reverse is not None:
        url = proxy_url + base_urls.split(reverse)[1]
        return {**base, **base_urls.variables(reverse, proxy_url), "SSETAPE_URL": url}
    variables = dict(base)
    for name in _PROXY_VARIABLES:
        variables[name] = variables[name.lower()] = proxy_url
    # gRPC looks here first: https://github.com/grpc/grpc/blob/master/doc/environment_variables.md
    variables["grpc_proxy"] = proxy_url
    # Nothing bypasses the proxy, not even requests to this machine.
    variables["NO_PROXY"] = variables["no_proxy"] = variables["no_grpc_proxy"] = ""
    variables["NODE_USE_ENV_PROXY"] = "1"  # for Node's fetch, since 22.21 and 24
    for name in _BUNDLE_VARIABLES:
        variables[name] = str(ca_bundle)
    return variables


def why_nothing_came(command: str) -> str:
    """A hint for a program that did not go through the proxy."""
    # python3.13 is python, node.exe is node.
    name = re.sub(r"[\d.]*(\.exe|\.cmd)?$", "", os.path.basename(command)).lower()
    known = next((why for names, why in _KNOWN_TO_IGNORE if name in names), None)
    if known is None:
        return "if the program ignores it, try --reverse URL instead"
    return f"{known}; --reverse URL works without a proxy"


async def run(
    command: Sequence[str], variables: Mapping[str, str], output: IO[bytes] | None = None
) -> int:
    """Run a command to its end; return its exit code as a shell would (128 + signal).

    SIGTERM and SIGHUP are forwarded to it; SIGINT reaches it directly from the terminal.

    Args:
        output: the file for its stdout and stderr; None: they go where ours go.

    Raises:
        RecordError: the command cannot be started.
    """
    process: asyncio.subprocess.Process | None = None
    early: list[signal.Signals] = []

    def forward(number: signal.Signals) -> None:
        if process is None:
            early.append(number)  # the process is still starting
        else:
            _forward(process, number)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, forward, number)
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=dict(variables), stdout=output, stderr=output
        )
        for number in early:
            _forward(process, number)
        code = await process.wait()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RecordError(f"cannot run {command[0]!r}: {reason}") from error
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
    return code if code >= 0 else 128 - code


def exit_code_of_failure(command: str) -> int:
    """The exit code that a shell gives for a command that cannot be started."""
    return 126 if os.sep in command and os.path.exists(command) else 127


def _forward(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except ProcessLookupError:
        pass  # it has exited already
