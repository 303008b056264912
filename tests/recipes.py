"""Pages of docs/recipes/ as they are followed: files written, commands run, in one folder."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[1] / "docs" / "recipes"

TIMEOUT_S = 120.0  # for what should never happen; no test waits for it

# The first line, or the second, of a block that is a file says its name, as a comment.
_NAME = re.compile(r"^(?://|#|<!--) ([\w./-]+\.\w+)(?: -->)?$", re.MULTILINE)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Recipe:
    """One page, or some that build on each other, followed in a folder.

    Args:
        replaced: what stands on the page, by what it is replaced with: servers of this machine
            for those of the world. Ports that the page names are replaced by free ones.
    """

    def __init__(
        self, folder: Path, *pages: str, replaced: Mapping[str, str] | None = None
    ) -> None:
        self._text = "\n".join((PAGES / page).read_text() for page in pages)
        self.folder = folder
        self._replaced = dict(replaced or {})
        for port in re.findall(r"127\.0\.0\.1:(\d+)|--port (\d+)", self._text):
            self._replaced.setdefault("".join(port), str(free_port()))
        scripts = folder / "bin"
        scripts.mkdir()
        for name, words in (("python", ""), ("ssetape", " -m ssetape")):
            script = scripts / name
            script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{words} "$@"\n')
            script.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{scripts}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": "",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        self._background: list[subprocess.Popen[bytes]] = []

    def localised(self, text: str) -> str:
        for documented, here in self._replaced.items():
            text = re.sub(rf"{re.escape(documented)}\b", here, text)
        return text

    def section(self, heading: str | None) -> str:
        if heading is None:
            return self._text
        found = re.search(
            rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", self._text, re.MULTILINE | re.DOTALL
        )
        assert found, heading
        return found[1]

    def write_files(self) -> list[str]:
        """Write every block that says its name; gives the names."""
        names = []
        for block in re.findall(r"^```\w+\n(.*?)^```", self._text, re.MULTILINE | re.DOTALL):
            name = _NAME.search("\n".join(block.splitlines()[:2]))
            if name:
                path = self.folder / name[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self.localised(block))
                names.append(name[1])
        return names

    def commands(self, heading: str | None = None) -> Iterator[str]:
        """The commands of a section, or of the page; lines that go on are joined."""
        text = self.section(heading)
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                command = line.partition("  #")[0].strip()
                if command and not command.startswith("#"):
                    yield command

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as it stands there; one that ends with & until the recipe ends."""
        command = self.localised(command)
        if command.endswith("&"):
            words = ["sh", "-c", f"exec {command.removesuffix('&')}"]
            started = subprocess.Popen(words, cwd=self.folder, env=self.environment)
            self._background.append(started)
            ports = [port for port in self._replaced.values() if port in command]
            wait_for(int(ports[0]))
            return subprocess.CompletedProcess(command, 0, "", "")
        return subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def follow(self, heading: str | None = None) -> list[str]:
        """Run all commands; each has to go well. Gives what each printed."""
        printed = []
        for command in self.commands(heading):
            done = self.run(command)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            printed.append(done.stdout)
        assert printed
        return printed

    def link_node_modules(self, *packages: str) -> None:
        """Let programs import what is in `$SSETAPE_NODE_MODULES`; skips without it."""
        modules = Path(os.environ.get("SSETAPE_NODE_MODULES", "nowhere"))
        for package in packages:
            if shutil.which("node") is None or not (modules / package).is_dir():
                reason = f"no node, or no {package} in $SSETAPE_NODE_MODULES"
                pytest.skip(f"{reason}: npm install {package}")
        (self.folder / "node_modules").symlink_to(modules)
        (self.folder / "package.json").write_text("{}")

    def close(self) -> None:
        for process in self._background:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_for(port: int) -> None:
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nothing listens on port {port}")
