"""What the documents say is so: commands exist, files are there, versions agree, the container file is sound."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flashreel import __version__
from flashreel.cli import app
from flashreel.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def shell_lines(text: str) -> list[str]:
    """Lines of indented or fenced blocks, comments cut, split at `;` and `&&`."""
    blocks = re.findall(r"^(?: {4}|```sh\n)(.+?)(?:^```$|\n)", text, re.MULTILINE | re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [part.strip() for line in lines for part in re.split(r"&&|;", line) if part.strip()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_named_exist(document: Path) -> None:
    for target in re.findall(r"(?:^ {4}|`)make ([a-z]+)\b", document.read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_commands_of_the_readme_exist() -> None:
    commands = [line for line in shell_lines(README) if line.startswith("flashreel ")]
    assert commands
    for command in commands:
        words = shlex.split(command)[1:]
        verbs = [word for word in words if re.fullmatch(r"[a-z]+", word)][: 2 if words[0] == "keys" else 1]
        shown = CliRunner().invoke(app, [*verbs, "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0, command
        for option in re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", command):
            assert option in shown.output, f"{command}: {option}"


def test_settings_named_in_the_readme_exist() -> None:
    for name in re.findall(r"FLASHREEL_([A-Z_]+)", README):
        assert name.lower() in Settings.model_fields, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / link).exists(), link


def test_files_drawn_in_the_house_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    house = text[text.index("## The house") : text.index("### Who may know whom")]
    names = {Path(name).name for name in re.findall(r"[a-z_/0-9]+\.py", house)}
    there = {path.name for path in (ROOT / "src").rglob("*.py")}
    assert names <= there, names - there


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## (\S+),", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first is not None
    assert first[1] == __version__


def test_every_dependency_is_locked_with_a_hash() -> None:
    for name in ("core", "dev", "build"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\\\n(?: +[^\n]*\n)", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE))
        assert all("--hash=sha256:" in pin for pin in pins)
        assert not re.search(r"https?://|^--index|^torch==", text, re.MULTILINE)


def test_the_container_is_sound() -> None:
    assert re.search(r"^USER \d+$", CONTAINERFILE, re.MULTILINE), "must not run as root"
    assert "--require-hashes -r requirements/core.txt" in CONTAINERFILE
    for base in re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE):
        assert re.search(r":\d", base), f"{base} names no version"
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE):
        for name in source.split():
            assert (ROOT / name).exists(), name


@pytest.mark.skipif(sys.platform != "linux", reason="the linter's wheel is for Linux")
def test_the_container_file_is_linted() -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("the linter has no wheel for this processor")
    linted = subprocess.run([linter, str(ROOT / "Containerfile")], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


def test_the_page_on_compatibility_is_what_the_tests_prove() -> None:
    command = [sys.executable, str(ROOT / "tools" / "compatibility.py"), "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
