"""pytest runs that tests start: in a project of their own, with few plugins."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

PLUGINS = ("anyio", "asyncio", "hypothesispytest", "randomly", "xdist")
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


class Run(Protocol):
    def __call__(self, *words: str, plugins: tuple[str, ...] = ()) -> pytest.RunResult: ...


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest in the project; besides ours it has those `PLUGINS` that a call names."""
    for name in ("CI", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    # What a test asks is on this machine, whatever proxy the environment names for the world.
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")

    def started(*words: str, plugins: tuple[str, ...] = ()) -> pytest.RunResult:
        without = [f"-pno:{name}" for name in PLUGINS if name not in plugins]
        return pytester.runpytest_subprocess("-pno:cacheprovider", *without, *words, timeout=120)

    return started


@pytest.fixture
def place(pytester: pytest.Pytester) -> Callable[..., Path]:
    """Puts a sample, or a capture's bytes, into the project: `place("captures/a", "tour...")`."""

    def put(path: str, content: bytes | str = "tour-seven-chunks.ssetape") -> Path:
        target = pytester.path / f"{path}.ssetape"
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            shutil.copy(SAMPLES / content, target)
        else:
            target.write_bytes(content)
        return target

    return put
