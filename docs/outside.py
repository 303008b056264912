"""A hook of MkDocs: pages that lie outside docs/ are pages of the site too.

In the repository README.md, bench/README.md and others stay where people look for them, and links
between them and docs/ are those of the repository, so that they work on a code host. In the site
everything lies below one folder: here the links are changed to that.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]

# Each lies in the site where it lies in the repository.
OUTSIDE = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "bench/README.md",
    "samples/README.md",
    "ssetape/messages/detection.py",
    "ssetape/masking/by_place.py",
    "ssetape/masking/by_shape.py",
)

_LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s:#]+)(?P<anchor>#[^)\s]*)?(?=\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside."""
    for path in OUTSIDE:
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Have the links of a page lead to where things lie in the site."""
    here = page.file.src_uri
    return _LINK.sub(lambda link: in_site(link["path"], here) + (link["anchor"] or ""), markdown)


def in_site(target: str, here: str) -> str:
    """The link, for the site.

    Args:
        target: a link's path as the repository has it.
        here: where the page lies in the site.
    """
    of_page = here if here in OUTSIDE else f"docs/{here}"
    path = posixpath.normpath(posixpath.join(posixpath.dirname(of_page), target))
    if path == "README.md":
        path = "index.md"
    elif path not in OUTSIDE:
        if not path.startswith("docs/"):
            return target  # MkDocs warns of it
        path = path.removeprefix("docs/")
    return posixpath.relpath(path, posixpath.dirname(here) or ".")
