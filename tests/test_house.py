"""The house: who may know whom, and no file that wants to be two."""

from __future__ import annotations

from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "flashreel").rglob("*.py"))


def test_nobody_knows_whom_they_may_not() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_no_file_is_so_long_that_it_wants_to_be_two() -> None:
    assert len(SOURCES) > 30
    long = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in SOURCES}
    assert {name: lines for name, lines in long.items() if lines >= 500} == {}


def test_every_file_begins_with_what_it_is() -> None:
    for file in SOURCES:
        text = file.read_text()
        if text.strip():
            assert text.startswith(('"""', "# ")), file
