"""Print a version's section of CHANGELOG.md, as the notes of its release.

python docs/release_notes.py v0.2.0   exits with 1 if the project has another version
"""

import re
import sys
import tomllib
from pathlib import Path

from ssetape import __version__

ROOT = Path(__file__).resolve().parents[1]


def notes(tag: str) -> str:
    """The section of a version, without its heading.

    Raises:
        SystemExit: the tag, pyproject.toml, the package and CHANGELOG.md disagree.
    """
    version = tag.removeprefix("v")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for place, found in (("pyproject.toml", project), ("ssetape/__init__.py", __version__)):
        if found != version:
            sys.exit(f"cannot release {tag}: {place} has version {found}")
    heading = rf"^## {re.escape(version)}( .*)?\n"
    parts = re.split(heading, (ROOT / "CHANGELOG.md").read_text(), maxsplit=1, flags=re.MULTILINE)
    section = parts[-1].partition("\n## ")[0].strip() if len(parts) > 1 else ""
    if not section:
        sys.exit(f"cannot release {tag}: CHANGELOG.md has nothing under '## {version}'")
    return section


if __name__ == "__main__":
    print(notes(sys.argv[1]))
