"""docs/python.md names every option of `generate`; that its examples run is seen by test_blocks.py."""

from __future__ import annotations

import inspect
import re

import flashreel
from flashreel.generation import Options
from tests.support.server import ROOT


def test_what_the_page_says_of_generate_is_its_signature() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    table = page[page.index("| Option | Default |") : page.index("An image is a path")]
    named = {word for row in table.strip().splitlines()[2:] for word in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert named == set(inspect.signature(flashreel.generate).parameters)
    assert named - {"prompt"} == set(Options.__annotations__)
