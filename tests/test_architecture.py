"""Holds the plan of the house: who may import whom, and where things are called what."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Where each package lies.
FOLDERS = {
    "ssetape.addon": ROOT / "addon",
    "ssetape.replay": ROOT / "replay",
    "ssetape.samples": ROOT / "samples",
    "ssetape": ROOT / "ssetape",
}
STANDARD = sys.stdlib_module_names

# Bytes and times in, bytes and times out.
PURE = [
    "ssetape/meaning/answer.py",
    "ssetape/messages/arrivals.py",
    "ssetape/meaning/question.py",
    "ssetape/messages/detection.py",
    "ssetape/comparing/effect_size.py",
    "ssetape/comparing/json.py",
    "ssetape/doctor/findings.py",
    "ssetape/cli/terminal/plots.py",
    "ssetape/measures/distribution.py",
    "ssetape/facts.py",
    *(f"ssetape/messages/{name}.py" for name in ("framed", "aws", "events", "json_array")),
    *(f"ssetape/messages/{name}.py" for name in ("lines", "message", "framing")),
    "ssetape/imports/_exchange.py",
    *(f"ssetape/imports/{name}.py" for name in ("_body", "_fields", "_har_values", "_stamps")),
    *(f"ssetape/imports/{name}.py" for name in ("curl", "har", "sse", "vcr")),
    "ssetape/masking/lines.py",
    "ssetape/measures/milestones.py",
    *(f"ssetape/protocols/{path.name}" for path in (ROOT / "ssetape" / "protocols").glob("*.py")),
    "ssetape/format/encode.py",
    "ssetape/format/values.py",
    "ssetape/local_only.py",
    "ssetape/loose_json.py",
    "ssetape/cli/terminal/playhead.py",
    "ssetape/masking/by_place.py",
    "ssetape/masking/by_shape.py",
    "ssetape/sse.py",
    "ssetape/tables/columns.py",
    "ssetape/tables/event_rows.py",
    "ssetape/messages/timeline.py",
    "ssetape/measures/gaps.py",
    "ssetape/meaning/tokens.py",
    "ssetape/measures/other_tools.py",
    "replay/matching/location.py",
    "replay/matching/bodies.py",
    "replay/matching/candidates.py",
    "replay/answers/conditional.py",
    *(f"replay/faults/{name}.py" for name in ("fault", "stretches", "places", "cut", "delays")),
    *(f"replay/faults/{name}.py" for name in ("events", "heads", "rechunk")),
    "replay/answers/cors.py",
    "replay/framing.py",
    "replay/matching/ladder.py",
    "replay/pacing.py",
    "replay/pieces.py",
    "replay/matching/paths.py",
    "replay/answers/resuming.py",
    "replay/wire/websocket_client.py",
    "replay/wire/websocket_schedule.py",
]
IMPURE_MODULES = {"asyncio", "io", "logging", "os", "pathlib", "select", "selectors", "socket"}
IMPURE_MODULES |= {"ssl", "subprocess", "threading", "time"}

# Data and entry points; what they do is tested with those who use them.
WITHOUT_TEST_FILE = {"samples/chat.py", "samples/streams.py"}


def sources() -> list[Path]:
    return sorted(path for folder in set(FOLDERS.values()) for path in folder.rglob("*.py"))


def name_of(path: Path) -> str:
    """The import name of a source file."""
    for package, folder in FOLDERS.items():
        if path.is_relative_to(folder):
            parts = path.relative_to(folder).with_suffix("").parts
            return ".".join([package, *(part for part in parts if part != "__init__")])
    raise AssertionError(f"{path} is in no package")


def path_of(name: str) -> Path | None:
    """The source file of an import name, if it is a module of ours."""
    for package, folder in FOLDERS.items():
        if name == package or name.startswith(f"{package}."):
            path = folder.joinpath(*name.removeprefix(package).strip(".").split("."))
            for candidate in (path.with_suffix(".py"), path / "__init__.py"):
                if candidate.is_file():
                    return candidate
            return None
    return None


def imports_of(path: Path, *, for_types: bool = True) -> Iterator[str]:
    """The absolute names of all that a file imports, wherever in it that stands.

    Args:
        for_types: whether imports under `if TYPE_CHECKING` count.
    """
    tree = ast.parse(path.read_text("utf-8"))
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            skipped.update(ast.walk(node))
    for node in ast.walk(tree):
        if node in skipped and not for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            # `from package import module` imports the module as well.
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def importers_of(*modules: str) -> set[str]:
    """The source files that import one of `modules` or anything in them."""
    return {
        str(path.relative_to(ROOT))
        for path in sources()
        for name in imports_of(path)
        if any(name == module or name.startswith(f"{module}.") for module in modules)
    }


def test_the_imports_of_every_source_file_are_understood() -> None:
    # Or all that follows would hold of nothing.
    assert len(sources()) > 25
    assert "ssetape.replay.running" in set(imports_of(ROOT / "replay" / "verify.py"))
    assert "ssetape.format.values" in set(imports_of(ROOT / "addon" / "record.py"))
    assert path_of("ssetape.replay.server") == ROOT / "replay" / "server.py"
    assert path_of("ssetape.capture.Capture") is None
    assert name_of(ROOT / "ssetape" / "cli" / "__init__.py") == "ssetape.cli"


# --- who may import whom ---------------------------------------------------------------------


def test_only_the_addon_imports_mitmproxy() -> None:
    found = importers_of("mitmproxy")
    assert found
    assert {path for path in found if not path.startswith("addon/")} == set()


def test_only_the_command_line_imports_click_and_rich() -> None:
    found = importers_of("click", "rich")
    assert {path for path in found if not path.startswith("ssetape/cli/")} == set()


@pytest.mark.parametrize("spoke", ["addon", "replay", "samples"])
def test_only_the_command_line_and_the_pytest_plugin_reach_out_to_the_spokes(spoke: str) -> None:
    found = importers_of(f"ssetape.{spoke}", spoke)
    # The pytest plugin replays; it records through the command line, in a process of its own.
    own = (f"{spoke}/", "ssetape/cli/", *(["ssetape/testing/"] if spoke == "replay" else []))
    outside = {path for path in found if not path.startswith(own)}
    # One module puts the one in front of the other.
    assert outside == ({"addon/replay.py"} if spoke == "replay" else set())


def test_nobody_imports_the_pytest_plugin() -> None:
    found = importers_of("ssetape.testing", "pytest")
    assert {path for path in found if not path.startswith("ssetape/testing/")} == set()


def test_nobody_imports_the_command_line() -> None:
    found = importers_of("ssetape.cli")
    outside = {path for path in found if not path.startswith("ssetape/cli/")}
    assert outside <= {"ssetape/__main__.py"}


@pytest.mark.parametrize("path", PURE)
def test_what_is_pure_imports_nothing_of_the_world(path: str) -> None:
    tops = {name.partition(".")[0] for name in imports_of(ROOT / path, for_types=False)}
    assert tops & IMPURE_MODULES == set()


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {
        path: {
            found
            for name in imports_of(path, for_types=False)
            if (found := path_of(name)) and found != path and found.name != "__init__.py"
        }
        for path in sources()
        if path.name != "__init__.py"
    }
    while leaves := {path for path, imported in graph.items() if not imported & graph.keys()}:
        graph = {path: imported for path, imported in graph.items() if path not in leaves}
    assert {str(path.relative_to(ROOT)) for path in graph} == set()


# --- the recorder needs nothing installed ----------------------------------------------------


def reached_from(start: Path) -> set[Path]:
    """The files of ours that are imported when `start` is."""
    reached: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        names = list(imports_of(path, for_types=False))
        if path == ROOT / "ssetape" / "__init__.py":
            names = [name for name in names if not name.startswith("ssetape.capture")]  # in open()
        # To import a.b.c is to import a and a.b before.
        for name in names:
            parts = name.split(".")
            prefixes = [".".join(parts[:size]) for size in range(1, len(parts) + 1)]
            waiting += [found for prefix in prefixes if (found := path_of(prefix))]
    return reached


def test_the_recorder_imports_the_standard_library_and_mitmproxy_alone() -> None:
    reached = reached_from(ROOT / "addon" / "record.py")
    assert ROOT / "ssetape" / "format" / "writer.py" in reached
    foreign = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in reached
        for name in imports_of(path, for_types=False)
        if (top := name.partition(".")[0]) not in STANDARD and top not in ("mitmproxy", "ssetape")
    }
    assert foreign == set()


def test_the_recorder_s_modules_run_without_anything_installed() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        "import ssetape, ssetape.format.encode, ssetape.format.writer, ssetape.masking.by_place\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(tops - sys.stdlib_module_names))"
    )
    # -S: no site-packages. -I: nothing from the environment or the working folder either.
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (done.stderr, done.stdout.strip()) == ("", "['ssetape']")


def test_the_recorder_imports_at_its_top() -> None:
    # mitmproxy changes sys.path while it loads a script: what is imported later is not to be had.
    paths = {
        path for path in reached_from(ROOT / "addon" / "record.py") if path.parent == ROOT / "addon"
    }
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lazy = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not lazy, f"{path.name}: {node.name} imports when it is called"


def test_no_file_beside_the_recorder_hides_a_standard_module() -> None:
    # mitmproxy puts addon/ first on sys.path.
    assert {path.stem for path in (ROOT / "addon").iterdir()} & STANDARD == set()


# --- shape and names -------------------------------------------------------------------------


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_named_for_its_job(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "core", "common", "misc"}
    lines = path.read_text("utf-8").count("\n")
    assert lines <= 300, f"{lines} lines: of which two is it one?"


def place_of_tests(path: Path) -> Path:
    """Where the tests of a source file belong."""
    relative = path.relative_to(ROOT)
    if relative.parts[0] == "ssetape":
        relative = Path(*relative.parts[1:])
    if relative.parts[0] == "samples":
        return ROOT / "tests" / f"test_samples_{path.name}"
    return ROOT / "tests" / relative.with_name(f"test_{path.name.lstrip('_')}")


TESTED = [
    path
    for path in sources()
    if path.stem not in {"__init__", "__main__"}
    and str(path.relative_to(ROOT)) not in WITHOUT_TEST_FILE
]


@pytest.mark.parametrize("path", TESTED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_has_a_test_file_of_its_name(path: Path) -> None:
    expected = place_of_tests(path)
    assert expected.is_file(), f"expected {expected.relative_to(ROOT)}"


def test_every_test_file_has_a_module_of_its_name() -> None:
    expected = {place_of_tests(path) for path in TESTED} | {Path(__file__).resolve()}
    # The entry point is tested as what it is called by, and the documentation is a module too.
    # These speak of no module: of the command line as a whole, the documents, and real programs.
    expected |= {
        ROOT / "tests" / name
        for name in (
            "addon/test_compression.py",
            "addon/test_http3.py",
            "cli/test_main.py",
            "test_browser.py",
            "test_clients.py",
            "test_docs.py",
            "test_flask.py",
            "test_hostile_clients.py",
            "test_page.py",
            "test_packaging.py",
            "test_programs.py",
            "test_recipes.py",
            "test_recording_real_streams.py",
            "test_replay_clients.py",
            "test_scale.py",
            "test_site.py",
            "test_workflows.py",
        )
    }
    found = set((ROOT / "tests").rglob("test_*.py"))
    assert {str(path.relative_to(ROOT)) for path in found - expected} == set()
