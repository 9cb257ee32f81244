"""The manual builds without a warning, asks nothing of other hosts, and its references are as the code says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.server import ROOT

#: What makes a browser fetch, and the attribute that says what. An `a` only leads somewhere.
FETCHES = {
    **dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed", "track", "input"), "src"),
    "link": "href",
    "object": "data",
}


class Fetched(HTMLParser):
    """The addresses that a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == FETCHES.get(tag) and value]


def build(folder: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    """Not with --quiet: what is not said is not counted as a warning either."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder), "-f", str(config)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manual") / "site"
    built = build(folder)
    assert built.returncode == 0, built.stderr
    return folder


def pages(site: Path) -> Iterator[tuple[Path, str]]:
    for page in sorted(site.rglob("*.html")):
        yield page, page.read_text(encoding="utf-8")


def test_every_page_is_in_the_site(site: Path) -> None:
    built = {page.stem for page, _ in pages(site)}
    written = {page.stem for page in (ROOT / "docs").glob("*.md")}
    assert written | {"contributing", "security", "changelog"} <= built


def test_a_link_that_leads_nowhere_fails(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[nowhere](nowhere.md), [none](#none)\n", encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text(
        "INHERIT: "
        + str(ROOT / "mkdocs.yml")
        + """
docs_dir: docs
hooks: []
nav: [index.md]
"""
    )
    built = build(tmp_path / "site", tmp_path / "mkdocs.yml")
    assert built.returncode == 1
    assert "'nowhere.md'" in built.stderr
    assert "'#none'" in built.stderr


def test_no_page_fetches_from_another_host(site: Path) -> None:
    for page, text in pages(site):
        parser = Fetched()
        parser.feed(text)
        assert parser.found, page
        for address in parser.found:
            assert not address.startswith(("http:", "https:", "//")), f"{page.name}: {address}"
        # The theme loads a library for these from elsewhere.
        assert 'class="mermaid"' not in text


def test_the_references_are_as_the_code_says() -> None:
    command = [sys.executable, "-m", "tools.reference", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_pictures_of_keyframes_are_small() -> None:
    pictures = list((ROOT / "docs" / "keyframes").iterdir())
    assert {picture.stem for picture in pictures} == {"start", "end", "both", "loop"}
    assert sum(picture.stat().st_size for picture in pictures) < 400_000
