"""The workflows for code hosts run what is documented and checked here, and nothing else."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

# What a code host's own machine needs, or only it can do.
OF_THE_HOST = re.compile(r"pip install uv|gh release create .*")


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    return found


def commands(made: dict[str, Any]) -> Iterator[str]:
    for job in made["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                yield from step["run"].strip().split("\n")


def documented() -> set[str]:
    """The commands of CONTRIBUTING.md and of .ci/run."""
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    block = contributing.partition("```sh\n")[2].partition("```")[0]
    lines = {line.partition("  #")[0].strip() for line in block.splitlines()}
    lines |= set(re.findall(r"`(uv [^`]+)`", contributing))
    return lines | set((ROOT / ".ci" / "run").read_text().splitlines())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_is_one_of_ours(path: Path) -> None:
    ours = documented()
    run = list(commands(workflow(path.name)))
    assert len(run) >= 4
    for command in run:
        if OF_THE_HOST.fullmatch(command):
            continue
        # The tag is the host's to know.
        command = command.replace('"$GITHUB_REF_NAME" >notes.md', "v0.2.0")
        assert command in ours, command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_no_more_than_it_needs(path: Path) -> None:
    writes = {"release.yml": {"contents": "write"}}
    assert workflow(path.name)["permissions"] == writes.get(path.name, {"contents": "read"})
    # GITHUB_REF_NAME and the like are given as variables: in a command they would be code.
    assert all("${{" not in command for command in commands(workflow(path.name)))


def test_the_pythons_that_are_promised_are_those_that_are_tested() -> None:
    tests = workflow("checks.yml")["jobs"]["tests"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: "
    promised = [c.removeprefix(prefix) for c in project["classifiers"] if c.startswith(prefix)]
    tried = re.findall(r"'(3\.\d+)'", tests["continue-on-error"])
    assert tests["strategy"]["matrix"]["python"] == [*promised, *tried]
    assert f"for version in {' '.join(promised)}; do" in (ROOT / ".ci" / "run").read_text()


def test_what_the_default_run_leaves_out_is_run_by_ci_and_in_one_cell_of_the_matrix() -> None:
    tests = workflow("checks.yml")["jobs"]["tests"]
    (step,) = [step for step in tests["steps"] if "-m programs" in step.get("run", "")]
    found = re.fullmatch(r"matrix\.os == '(.+)' && matrix\.python == '(.+)'", step["if"])
    assert found is not None
    matrix = tests["strategy"]["matrix"]
    assert found[1] in matrix["os"]
    assert found[2] in matrix["python"]
    assert re.search(r"^uv run .*pytest -m programs$", (ROOT / ".ci" / "run").read_text(), re.M)


def notes(tag: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(ROOT / "docs" / "release_notes.py"), tag]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_notes_of_a_release_are_its_section_of_the_changelog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import release_notes

    (tmp_path / "pyproject.toml").write_text(f'project.version = "{release_notes.__version__}"')
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changes\n\n## Unreleased\n\n- new\n\n"
        f"## {release_notes.__version__} (2026-01-02)\n\n- one\n- two\n\n## 0.0.1\n\n- old\n"
    )
    monkeypatch.setattr(release_notes, "ROOT", tmp_path)
    assert release_notes.notes(f"v{release_notes.__version__}") == "- one\n- two"


def test_a_release_of_another_version_is_refused() -> None:
    refused = notes("v99.0")
    assert refused.returncode == 1
    assert refused.stderr.startswith("cannot release v99.0: pyproject.toml has version ")
    assert refused.stdout == ""


def test_a_version_without_a_section_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import release_notes

    version = release_notes.__version__
    (tmp_path / "pyproject.toml").write_text(f'project.version = "{version}"')
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## Unreleased\n\n- new\n")
    monkeypatch.setattr(release_notes, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"CHANGELOG\.md has nothing under"):
        release_notes.notes(f"v{version}")
