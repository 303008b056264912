"""A hook for MkDocs that adds pages from outside docs/ to the site.

README.md, bench/README.md and others stay where people look for them in a repository, and the links
between them and docs/ work on a code host. The site has one folder for all pages: this hook adapts
the links.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]

# Each has the same path in the site as in the repository.
OUTSIDE = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "bench/README.md",
    "samples/README.md",
    "ssetape/doctor/bot_checks.py",
    "ssetape/messages/detection.py",
    "ssetape/masking/names.py",
    "ssetape/masking/shapes.py",
)

_LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s:#]+)(?P<anchor>#[^)\s]*)?(?=\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files from outside docs/."""
    for path in OUTSIDE:
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adapt a page's links to the site."""
    here = page.file.src_uri
    return _LINK.sub(lambda link: in_site(link["path"], here) + (link["anchor"] or ""), markdown)


def in_site(target: str, here: str) -> str:
    """A link's path in the site.

    Args:
        target: the link's path in the repository.
        here: the page's path in the site.
    """
    of_page = here if here in OUTSIDE else f"docs/{here}"
    path = posixpath.normpath(posixpath.join(posixpath.dirname(of_page), target))
    if path == "README.md":
        path = "index.md"
    elif path not in OUTSIDE:
        if not path.startswith("docs/"):
            return target  # MkDocs warns about it
        path = path.removeprefix("docs/")
    return posixpath.relpath(path, posixpath.dirname(here) or ".")
