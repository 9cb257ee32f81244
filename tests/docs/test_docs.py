"""What the documents say is so: commands exist, files are there, versions agree, the container file is sound."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flashreel import __version__
from flashreel.cli import app
from flashreel.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
#: First words that want a second one: `flashreel keys list`.
GROUPS = frozenset(group.typer_instance.info.name for group in app.registered_groups if group.typer_instance)
#: Variables of the environment that are no settings: of `flashreel mcp`.
_OTHERS = frozenset({"API_KEY", "URL"})
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(text: str) -> list[list[str]]:
    """The words of each `flashreel ...` in indented and fenced blocks and in running text, comments cut."""
    fenced = re.findall(r"^```sh\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [*re.findall(r"^ {4}(.+)$", text, re.MULTILINE), *(line for block in fenced for line in block.splitlines())]
    lines += re.findall(r"`([^`\n]+)`", text)
    parts = [part for line in lines for part in re.split(r"&&|[;|]", re.sub(r"(^|\s)#.*", "", line))]
    found = [re.match(r"\s*(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?flashreel ([a-z-].*)", part) for part in parts]
    return [shlex.split(words[1]) for words in found if words]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_named_exist(document: Path) -> None:
    for target in re.findall(r"(?:^ {4}|`)make ([a-z]+)\b", document.read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


@cache
def help_of(*verbs: str) -> str:
    """What the command says of itself. AssertionError where there is none."""
    shown = CliRunner().invoke(app, [*verbs, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, verbs
    return shown.output


def test_settings_files_of_the_pages_are_taken(tmp_path: Path) -> None:
    files = [
        found
        for document in DOCUMENTS
        for found in re.findall(r"^```toml\n(.+?)^```$", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    ]
    assert len(files) > 1
    for text in files:
        (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
        load_settings(tmp_path / "settings.toml")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_exist(document: Path) -> None:
    found = commands(document.read_text(encoding="utf-8"))
    assert found or document.name not in ("README.md", "index.md", "operating.md", "python.md")
    for words in found:
        verbs = [] if words[0].startswith("-") else words[: 1 + (words[0] in GROUPS)]
        said = help_of(*verbs)
        for option in (word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)):
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", said), f"{words}: {option}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_named_exist(document: Path) -> None:
    for name in re.findall(r"FLASHREEL_([A-Z]+(?:_[A-Z]+)*)", document.read_text(encoding="utf-8")):
        assert name.lower() in Settings.model_fields or name in _OTHERS, name


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
    for name in ("core", "dev", "build", "container"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\\\n(?: +[^\n]*\n)", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE))
        assert all("--hash=sha256:" in pin for pin in pins)
        assert not re.search(r"https?://|^--index|^torch==", text, re.MULTILINE)


def test_the_container_is_sound() -> None:
    assert re.search(r"^USER \d+$", CONTAINERFILE, re.MULTILINE), "must not run as root"
    assert "--require-hashes -r requirements/container.txt" in CONTAINERFILE
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
