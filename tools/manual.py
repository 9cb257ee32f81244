"""mkdocs' hook for the manual: the pages that lie beside docs/ belong to it too, and links between both lead there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).resolve().parent.parent
#: What it is called in the manual, by its file.
BESIDE: Final = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"}
_LINK: Final = re.compile(r"(?<=\]\()(?:\.\./)?(" + "|".join(map(re.escape, BESIDE)) + r")(?=[)#])")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds the pages, which have their links as seen from where they lie."""
    for name, page in BESIDE.items():
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](").replace("](README.md", "](index.md")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads to those pages."""
    return _LINK.sub(lambda found: BESIDE[found[1]], markdown)
