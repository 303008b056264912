"""What is built to be installed: all that is needed, nothing else, and it runs."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(shutil.which("uv") is None, reason="there is no uv to build with"),
]

# Where each folder of the repository lies once it is installed.
INSTALLED = {
    "ssetape": "ssetape",
    "addon": "ssetape/addon",
    "replay": "ssetape/replay",
    "samples": "ssetape/samples",
}
MAN_PAGE = "docs/man/ssetape.1"


def sources() -> set[str]:
    """All that belongs to the product, as the repository has it."""
    return {
        str(path.relative_to(ROOT))
        for folder in INSTALLED
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix not in (".md", ".pyc")
    }


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both, the wheel made from the source distribution."""
    made = tmp_path_factory.mktemp("dist")
    build = ["uv", "build", "--quiet", "--out-dir", str(made), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in a folder of its own; what it needs is this Python's."""
    folder = tmp_path_factory.mktemp("installed")
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*install, "--python", sys.executable, str(wheel)], check=True)
    return folder


def run(installed: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=installed,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_has_the_product_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    information = {name for name in names if name.partition("/")[0].endswith(".dist-info")}
    expected = set()
    for path in sources():
        folder, _, rest = path.partition("/")
        expected.add(f"{INSTALLED[folder]}/{rest}")
    assert {"ssetape/py.typed", "ssetape/replay.pyi", "ssetape/samples/chat.html"} <= expected
    (data,) = {name.partition("/")[0] for name in names if ".data/" in name}
    expected.add(f"{data}/data/share/man/man1/ssetape.1")
    assert names - information == expected
    assert any(name.endswith("/licenses/LICENSE") for name in information)


def test_the_source_distribution_has_what_the_wheel_is_made_from(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    expected = sources() | {MAN_PAGE, "CHANGELOG.md", "LICENSE", "README.md"}
    expected |= {"MANIFEST.in", "PKG-INFO", "pyproject.toml", "setup.cfg"}
    assert {name for name in names if not name.startswith("ssetape.egg-info/")} == expected


def test_what_is_installed_runs(installed: Path, tmp_path: Path) -> None:
    sample = ROOT / "samples" / "tour-seven-chunks.ssetape"
    where = run(installed, "-c", "import ssetape, ssetape.replay as r; print(r.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed), where.stderr
    report = tmp_path / "report.html"
    for words in (
        ["--version"],
        ["verify", "--instant", sample],
        ["export", "--format", "html", "-o", report, sample],
    ):
        done = run(installed, "-m", "ssetape", *words)
        assert done.returncode == 0, done.stderr
    assert "<script" in report.read_text("utf-8")


def test_the_manual_page_is_where_man_looks_for_it(installed: Path) -> None:
    page = installed / "share" / "man" / "man1" / "ssetape.1"
    assert page.read_bytes() == (ROOT / MAN_PAGE).read_bytes()


def test_a_program_that_uses_it_is_type_checked(installed: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    program = tmp_path / "program.py"
    program.write_text(
        "import ssetape\n"
        "from ssetape.replay.running import serving\n\n"
        'with serving([ssetape.open("a")]) as url:\n'
        "    reveal_type(url)\n"
    )
    words = ["-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", program]
    done = run(installed, *words)
    assert 'Revealed type is "str"' in done.stdout, done.stdout
    assert "Success: no issues found" in done.stdout


# Installing


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an image is built from: what .dockerignore lets through."""
    folder = tmp_path_factory.mktemp("clone")
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            here, there = ROOT / line[1:], folder / line[1:]
            there.parent.mkdir(parents=True, exist_ok=True)
            if here.is_dir():
                shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(here, there)
    return folder


def instructions() -> list[tuple[str, str]]:
    lines = (ROOT / "Containerfile").read_text().splitlines()
    words = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(name, rest) for name, _, rest in words]


def test_the_image_s_command_runs_from_what_it_copies(clone: Path, tmp_path: Path) -> None:
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
    target = tmp_path / "installed"
    subprocess.run([*install, "--target", str(target), str(clone)], check=True)
    said = dict(instructions())
    assert json.loads(said["ENTRYPOINT"]) == ["ssetape"]
    words = [word.replace("0.0.0.0", "127.0.0.1") for word in json.loads(said["CMD"])]
    # As in the image: the volume lies in the working folder.
    (tmp_path / "captures").mkdir()
    assert (said["WORKDIR"], said["VOLUME"]) == ("/", "/captures")
    shutil.copy(ROOT / "samples" / "tour-seven-chunks.ssetape", tmp_path / "captures")
    server = subprocess.Popen(
        [sys.executable, "-m", "ssetape", *words, "--port", "0"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(target)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        assert "replaying 1 capture at http://127.0.0.1:" in server.stderr.readline()
    finally:
        server.terminate()
        _, told = server.communicate(timeout=60)
    assert server.returncode == 0, told


def test_the_image_is_for_no_root_and_for_a_python_that_is_supported() -> None:
    users = [rest for name, rest in instructions() if name == "USER"]
    assert users == ["1000"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, rest in instructions():
        if name == "FROM":
            version = rest.removeprefix("python:").partition("-")[0]
            assert f"Programming Language :: Python :: {version}" in project["classifiers"]
        if name == "EXPOSE":
            assert rest == "8080 8900"  # the defaults of record and replay


def test_the_page_names_every_extra_and_the_wheel_as_it_is(wheel: Path) -> None:
    page = (ROOT / "docs" / "installing.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra in project["optional-dependencies"]:
        assert f"| `{extra}` |" in page
    assert f"dist/{wheel.name}[record]" in page
