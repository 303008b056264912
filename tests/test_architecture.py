"""Holds the plan of the house: where things live, who may import whom, what the recorder loads."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
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

# `ssetape/` in the order in which a byte travels: each imports only what stands before it.
ORDER = [
    *("__init__", "errors", "output", "loose_json", "sse"),
    *(
        "format",
        "messages",
        "requests",
        "masking",
        "recording",
        "facts",
        "protocols",
        "meaning",
        "measures",
        "showing",
    ),
    *(
        "local_only",
        "capture",
        "library",
        "cores",
        "comparing",
        "tables",
        "page",
        "editing",
        "exports",
        "imports",
        "doctor",
    ),
    *("making", "tap", "web", "testing", "cli", "__main__"),
]
# Modules of `ssetape/` itself; all else lives in one of its packages.
OWN_MODULES_LIMIT = 10

# Bytes and times in, bytes and times out: no I/O and no clock.
PURE = [
    *("ssetape/errors.py", "ssetape/facts.py", "ssetape/local_only.py", "ssetape/loose_json.py"),
    "ssetape/output/printable.py",
    *("ssetape/sse.py", "ssetape/format/encode.py", "ssetape/format/values.py"),
    "ssetape/format/provenance.py",
    "ssetape/masking/[!fps]*.py",
    *(
        f"ssetape/masking/{name}.py"
        for name in ("findings", "frames", "pieces", "search", "shapes")
    ),
    "ssetape/messages/*.py",
    "ssetape/requests/*.py",
    "ssetape/editing/[!_]*.py",
    *("ssetape/protocols/*.py", "ssetape/protocols/writing/*.py"),
    *(f"ssetape/making/{name}.py" for name in ("answer", "distribution", "exchange", "filler")),
    *("ssetape/making/rhythm.py", "ssetape/making/words.py"),
    "ssetape/meaning/*.py",
    "ssetape/measures/*.py",
    *("ssetape/comparing/effect_size.py", "ssetape/comparing/json.py"),
    *("ssetape/tables/columns.py", "ssetape/tables/event_rows.py"),
    *("ssetape/imports/_[!w]*.py", "ssetape/imports/[!_]*.py"),
    *("ssetape/recording/naming.py", "ssetape/recording/reasons.py"),
    *(f"ssetape/tap/{name}.py" for name in ("actions", "commands", "devtools", "exchange")),
    *(f"ssetape/tap/{name}.py" for name in ("filter", "filter_operators", "heads", "machine")),
    *(f"ssetape/tap/{name}.py" for name in ("network", "opening", "policy", "reads", "sockets")),
    *(f"ssetape/doctor/{name}.py" for name in ("bot_checks", "findings", "responses")),
    "ssetape/page/formatting.py",
    "ssetape/cli/terminal/playhead.py",
    "ssetape/showing/*.py",
    *("replay/body_framing.py", "replay/pacing.py", "replay/pieces.py", "replay/exchange.py"),
    *("replay/provider_errors.py", "replay/tally.py", "replay/answers/fresh.py"),
    *(
        "replay/sessions/cued.py",
        "replay/sessions/jsonrpc.py",
        "replay/sessions/runs.py",
        "replay/sessions/events.py",
    ),
    *("replay/sessions/rpc_numbers.py", "ssetape/recording/addresses.py"),
    "replay/matching/[!r]*.py",
    *(f"replay/answers/{name}.py" for name in ("conditional", "cors", "resuming")),
    *(f"replay/faults/{name}.py" for name in ("cut", "delays", "events", "fault", "heads")),
    *(f"replay/faults/{name}.py" for name in ("chain", "passing", "position", "rechunk")),
    *(f"replay/wire/{name}.py" for name in ("websocket_client", "websocket_schedule")),
]
IMPURE_MODULES = {"asyncio", "io", "logging", "os", "pathlib", "select", "selectors", "socket"}
IMPURE_MODULES |= {"ssl", "subprocess", "threading", "time"}

# Data and entry points; what they do is tested with those who use them.
WITHOUT_TEST_FILE = {"samples/chat.py", "samples/streams.py"}
# Tests that speak of no single module: of documents, of the command line as a whole, of programs.
WITHOUT_MODULE = {
    *("addon/test_compression.py", "addon/test_http3.py", "cli/test_main.py"),
    *("addon/test_beside_options.py", "addon/test_matrix.py", "addon/test_secrets.py"),
    "cli/test_every_verb.py",
    *("meaning/test_trials.py", "protocols/test_recognition.py"),
    *("protocols/writing/test_round_trip.py", "test_made_clients.py"),
    *("test_architecture.py", "test_browser.py", "test_clients.py", "test_docs.py"),
    *("test_flask.py", "test_foreign_pages.py", "test_hostile_captures.py"),
    *("test_hostile_clients.py", "test_mcp.py", "test_page.py"),
    *("test_packaging.py", "test_programs.py", "test_recipes.py"),
    *("test_recording_real_streams.py", "test_replay_clients.py", "test_scale.py"),
    *("test_site.py", "test_tap.py", "test_workflows.py"),
}
# One idea a module beats a number of lines, but this number asks.
LINES_LIMIT = 300
LONGER = {"ssetape/sse.py": "the algorithm, and the events that come out of it"}


@cache
def sources() -> list[Path]:
    return sorted(path for folder in set(FOLDERS.values()) for path in folder.rglob("*.py"))


def shown(paths: Iterable[Path]) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in paths}


def matching(patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        found = list(ROOT.glob(pattern))
        assert found, f"nothing is called {pattern}"
        yield from found


def name_of(path: Path) -> str:
    """The import name of a source file."""
    for package, folder in FOLDERS.items():
        if path.is_relative_to(folder):
            parts = path.relative_to(folder).with_suffix("").parts
            return ".".join([package, *(part for part in parts if part != "__init__")])
    raise AssertionError(f"{path} is in no package")


@cache
def path_of(name: str) -> Path | None:
    """The source file of an import name, if it is a module of ours.

    What the front doors of addon/ and replay/ give stands in `ssetape/{addon,replay}.pyi`.
    """
    for package, folder in FOLDERS.items():
        if name == package or name.startswith(f"{package}."):
            path = folder.joinpath(*name.removeprefix(package).strip(".").split("."))
            for candidate in (path.with_suffix(".py"), path / "__init__.py"):
                if candidate.is_file():
                    return candidate
            spoke = package.removeprefix("ssetape.")
            if package != "ssetape" and (target := front_door(spoke).get(path.name)):
                return path_of(f"ssetape.{target}")
            return None
    return None


@cache
def front_door(spoke: str) -> dict[str, str]:
    """The modules that can be had from a spoke's package, and where they are."""
    text = (ROOT / "ssetape" / f"{spoke}.pyi").read_text("utf-8")
    found = re.findall(r"^from ([\w.]+) import (\w+) as (\w+)$", text, re.MULTILINE)
    assert len(found) == len(text.splitlines())
    return {alias: f"{package}.{name}" for package, name, alias in found}


@cache
def imports_of(path: Path, *, when_run: bool = False) -> list[str]:
    """The absolute names of all that a file imports, wherever in it that stands.

    Args:
        when_run: leave out what is imported for type checkers alone.
    """
    tree = ast.parse(path.read_text("utf-8"))
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree) if when_run else ():
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            skipped.update(ast.walk(node))
    names: list[str] = []
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            # `from package import module` imports the module as well.
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


@cache
def imported_by(path: Path) -> set[Path]:
    """The files of ours that a file imports, for whatever purpose; packages themselves left out."""
    found = {path_of(name) for name in imports_of(path)}
    return {each for each in found if each and each != path and each.name != "__init__.py"}


def importers_of(*modules: str) -> set[str]:
    """The source files that import one of `modules` or anything in them."""
    return shown(
        path
        for path in sources()
        if any(
            name == module or name.startswith(f"{module}.")
            for name in imports_of(path)
            for module in modules
        )
    )


def outside(paths: set[str], *folders: str) -> set[str]:
    return {path for path in paths if not path.startswith(folders)}


def test_the_imports_of_every_source_file_are_understood() -> None:
    # Or all that follows would hold of nothing.
    assert len(sources()) > 200
    assert "ssetape.replay.running" in imports_of(ROOT / "replay" / "verify.py")
    assert ROOT / "ssetape" / "format" / "values.py" in imported_by(ROOT / "addon" / "record.py")
    assert ROOT / "addon" / "recorder" / "flows.py" in imported_by(ROOT / "addon" / "record.py")
    assert path_of("ssetape.replay.server") == ROOT / "replay" / "server.py"
    assert path_of("ssetape.replay.rules") == ROOT / "replay" / "matching" / "rules.py"
    assert path_of("ssetape.capture.Capture") is None
    assert name_of(ROOT / "ssetape" / "cli" / "__init__.py") == "ssetape.cli"
    capture = ROOT / "ssetape" / "capture.py"
    for_types = "ssetape.measures.milestones"
    assert for_types in imports_of(capture)
    assert for_types not in imports_of(capture, when_run=True)


# --- who may import whom ---------------------------------------------------------------------


def test_mitmproxy_click_rich_and_pytest_have_a_place_each() -> None:
    assert outside(importers_of("mitmproxy"), "addon/") == set()
    # Columns are measured by rich where it is installed.
    assert outside(importers_of("click", "rich"), "ssetape/cli/") == {"ssetape/showing/columns.py"}
    assert outside(importers_of("ssetape.testing", "pytest"), "ssetape/testing/") == set()
    assert all(map(importers_of, ("mitmproxy", "click", "rich", "pytest")))


@pytest.mark.parametrize("spoke", ["addon", "replay", "samples"])
def test_only_the_command_line_and_the_pytest_plugin_reach_out_to_the_spokes(spoke: str) -> None:
    # The pytest plugin replays; it records through the command line, in a process of its own.
    users = ("ssetape/cli/", *(["ssetape/testing/"] if spoke == "replay" else []))
    found = outside(importers_of(f"ssetape.{spoke}", spoke), f"{spoke}/", *users)
    # One module puts the one in front of the other, a command of mitmproxy starts it, and one takes
    # its faults, if any are asked for.
    users = {"addon/faults/rules.py", "addon/replay.py", "addon/windows/replaying.py"}
    assert found == (users if spoke == "replay" else set())


def test_nobody_imports_the_command_line() -> None:
    assert outside(importers_of("ssetape.cli"), "ssetape/cli/") <= {"ssetape/__main__.py"}


def test_ssetape_imports_towards_the_top_of_its_order() -> None:
    folder = FOLDERS["ssetape"]

    def place(path: Path) -> int:
        return ORDER.index(path.relative_to(folder).parts[0].removesuffix(".py"))

    wrong = [
        f"{path.relative_to(ROOT)} imports {found.relative_to(ROOT)}"
        for path in sources()
        if path.is_relative_to(folder) and path != folder / "__init__.py"
        for found in imported_by(path)
        if found.is_relative_to(folder) and place(found) > place(path)
    ]
    assert wrong == []
    entries = [
        each
        for each in folder.iterdir()
        if each.suffix == ".py" or (each / "__init__.py").is_file()
    ]
    assert {each.name.removesuffix(".py") for each in entries} == set(ORDER)


def circle(graph: dict[str, set[str]]) -> set[str]:
    """Those that import each other in a circle, or are between such."""
    while leaves := {name for name, imported in graph.items() if not imported & graph.keys()}:
        graph = {name: imported for name, imported in graph.items() if name not in leaves}
    return set(graph)


def test_no_file_imports_itself_in_a_circle() -> None:
    files = [path for path in sources() if path.name != "__init__.py"]
    assert (
        circle({str(path.relative_to(ROOT)): shown(imported_by(path)) for path in files}) == set()
    )
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"a", "b", "c"}


def test_no_folder_has_entries_that_import_each_other_in_a_circle() -> None:
    """A file or a folder within the same folder counts as one entry of it."""
    folders = {path.parent for path in sources()}
    for folder in sorted(folders | set(FOLDERS.values())):
        graph: dict[str, set[str]] = {}
        for path in sources():
            if path.is_relative_to(folder) and path.name != "__init__.py":
                entry = path.relative_to(folder).parts[0]
                found = [each for each in imported_by(path) if each.is_relative_to(folder)]
                entries = {each.relative_to(folder).parts[0] for each in found}
                graph.setdefault(entry, set()).update(entries - {entry})
        assert circle(graph) == set(), folder


def test_what_is_pure_imports_nothing_of_the_world() -> None:
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in matching(PURE)
        for name in imports_of(path, when_run=True)
        if name.partition(".")[0] in IMPURE_MODULES
    }
    assert found == set()


# --- the recorder needs nothing installed ----------------------------------------------------


@cache
def loaded_by_the_recorder() -> set[Path]:
    """The files of ours that are imported when addon/record.py is."""
    reached: set[Path] = set()
    waiting = [ROOT / "addon" / "record.py"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        names = imports_of(path, when_run=True)
        if path == ROOT / "ssetape" / "__init__.py":
            names = [name for name in names if not name.startswith("ssetape.capture")]  # in open()
        # To import a.b.c is to import a and a.b before.
        for name in names:
            parts = name.split(".")
            prefixes = [".".join(parts[:size]) for size in range(1, len(parts) + 1)]
            waiting += [found for prefix in prefixes if (found := path_of(prefix))]
    return reached


def test_the_recorder_loads_the_standard_library_and_mitmproxy_alone() -> None:
    loaded = loaded_by_the_recorder()
    assert {"ssetape/format/writer.py", "ssetape/recording/recording.py"} <= shown(loaded)
    foreign = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in loaded
        for name in imports_of(path, when_run=True)
        if name.partition(".")[0] not in {*STANDARD, "mitmproxy", "ssetape"}
    }
    assert foreign == set()
    # All that importing a module of these packages brings with it is that module.
    for package in ("format", "masking", "messages", "output", "recording"):
        path = ROOT / "ssetape" / package / "__init__.py"
        assert imports_of(path) == [], path


def test_each_module_of_the_recorder_runs_without_anything_installed() -> None:
    """Those that need mitmproxy are given a stand-in for it, which anything can be taken from."""
    names = sorted(name_of(path) for path in loaded_by_the_recorder())
    program = f"""
import importlib, importlib.abc, importlib.machinery, sys, types

class Anything(type):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (), {{}})
    def __call__(cls, *args, **named):  # a decorator
        return cls

class StandIn(types.ModuleType):
    __path__ = []
    __getattr__ = Anything.__getattr__

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "mitmproxy":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return StandIn(spec.name)
    def exec_module(self, module):
        pass

before = set(sys.modules)
sys.meta_path.append(Finder())
sys.path.insert(0, {str(ROOT)!r})
import ssetape
ssetape.__path__.append({str(ROOT)!r})
for name in {names!r}:
    importlib.import_module(name)
tops = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(sorted(tops - sys.stdlib_module_names))
"""
    # -S: no site-packages. -I: nothing from the environment or the working folder either.
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.stderr, done.stdout.strip()) == ("", "['mitmproxy', 'ssetape']")
    assert len(names) > 20


def test_the_recorder_imports_at_its_top() -> None:
    # mitmproxy changes sys.path while it loads a script: what is imported later is not to be had.
    for path in loaded_by_the_recorder():
        if not path.is_relative_to(ROOT / "addon") or path == ROOT / "addon" / "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lazy = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not lazy, f"{path.name}: {node.name} imports when it is called"


def test_no_file_beside_the_recorder_hides_a_standard_module() -> None:
    # mitmproxy puts addon/ first on sys.path.
    assert {path.stem for path in (ROOT / "addon").iterdir()} & STANDARD == set()


# --- shape and names -------------------------------------------------------------------------


def test_ssetape_has_few_modules_of_its_own() -> None:
    own = [path.name for path in (ROOT / "ssetape").glob("*.py")]
    assert len(own) <= OWN_MODULES_LIMIT, own


def test_every_folder_with_modules_is_in_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {path.parent for path in sources()}
    assert sorted(settings["packages"]) == sorted(
        name_of(folder / "__init__.py") for folder in folders
    )
    assert all((folder / "__init__.py").is_file() for folder in folders)


@pytest.mark.parametrize("spoke", ["addon", "replay"])
def test_a_front_door_gives_what_its_signpost_says(spoke: str) -> None:
    rooms = {
        alias: target
        for alias, target in front_door(spoke).items()
        if target != f"{spoke}.{alias}"  # which is there without it
    }
    tree = ast.parse((ROOT / spoke / "__init__.py").read_text("utf-8"))
    (table,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_ROOMS"
    ]
    assert rooms == {
        name: f"{spoke}.{room}.{name}" for room, modules in table.items() for name in modules
    }
    assert all(path_of(f"ssetape.{target}") for target in front_door(spoke).values())


def test_modules_are_small_and_named_for_their_jobs() -> None:
    for path in sources():
        assert path.stem not in {"utils", "util", "helpers", "helper", "core", "common", "misc"}
        lines = path.read_text("utf-8").count("\n")
        if str(path.relative_to(ROOT)) not in LONGER:
            assert lines <= LINES_LIMIT, f"{path}: {lines} lines: of which two is it one?"


def place_of_tests(path: Path) -> Path:
    """Where the tests of a source file belong."""
    relative = path.relative_to(ROOT)
    if relative.parts[0] == "ssetape":
        relative = Path(*relative.parts[1:])
    if relative.parts[0] == "samples":
        return ROOT / "tests" / f"test_samples_{path.name}"
    return ROOT / "tests" / relative.with_name(f"test_{path.name.lstrip('_')}")


def test_every_module_has_a_test_file_of_its_name_and_the_other_way_round() -> None:
    tested = {
        place_of_tests(path)
        for path in sources()
        if path.stem not in {"__init__", "__main__"}
        and str(path.relative_to(ROOT)) not in WITHOUT_TEST_FILE
    }
    found = set((ROOT / "tests").rglob("test_*.py"))
    without = {ROOT / "tests" / name for name in WITHOUT_MODULE}
    assert shown(tested - found) == set()
    assert shown(found - tested - without) == set()
    assert shown(without - found) == set()
