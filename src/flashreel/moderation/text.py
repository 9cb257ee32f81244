"""The built-in check of prompts: word lists with context, no download, nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from flashreel.moderation.checker import Image
from flashreel.moderation.policy import CATEGORIES, Finding
from flashreel.moderation.wordlist import WordLists


class TextChecker:
    """Finds what the lists of `data/` name. What it can and cannot see: docs/moderation.md."""

    checks_images = False

    def __init__(self) -> None:
        self._lists = word_lists()

    def check_text(self, prompt: str) -> list[Finding]:
        return self._lists.findings(prompt)

    def check_images(self, images: Sequence[Image]) -> list[Finding]:
        return []


@cache
def word_lists() -> WordLists:
    """The lists that come with flashreel."""
    folder = files("flashreel.moderation") / "data"
    texts = {category: (folder / f"{category}.txt").read_text(encoding="utf-8") for category in CATEGORIES}
    return WordLists((folder / "classes.txt").read_text(encoding="utf-8"), texts)
