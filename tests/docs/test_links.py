"""Every link of every page leads to a file that is there, and to a heading that it has, as the forge makes anchors."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.server import ROOT

PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))


@cache
def prose(page: Path) -> str:
    """The page without its code, where brackets mean something else."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<=\n\n)(?: {4}.*\n)+", "", text)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_a_heading_that_is_not_there_is_seen() -> None:
    assert "add-a-dialect" not in anchors(ROOT / "docs" / "extending.md")
    assert "a-dialect" in anchors(ROOT / "docs" / "extending.md")
