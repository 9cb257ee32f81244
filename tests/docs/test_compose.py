"""The compose files are valid, and name commands, settings, files, services and volumes that there are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from flashreel.cli import app
from flashreel.settings import Settings
from tests.support.server import ROOT

FILES = sorted(ROOT.glob("compose*.yaml"))
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def read(file: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return found


def knows(command: list[str]) -> bool:
    """Whether the program has this command, with these options."""
    names = [word for word in command if re.fullmatch(r"[a-z]+", word)]
    shown = CliRunner().invoke(app, [*names, "--help"], env={"COLUMNS": "200"})
    return shown.exit_code == 0 and all(word in shown.output for word in command if word.startswith("--"))


def test_there_are_some() -> None:
    assert [file.name for file in FILES] == ["compose.postgresql.yaml", "compose.yaml"]


def test_all_are_as_the_specification_says() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", *map(str, FILES)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout


@every_file
def test_commands_settings_and_files_exist(file: Path) -> None:
    ours = [service for service in read(file)["services"].values() if service["image"] == "flashreel"]
    assert ours
    for service in ours:
        assert knows(service.get("command", ["serve"])), service
        assert (ROOT / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        for name in service.get("environment", {}):
            assert name.removeprefix("FLASHREEL_").lower() in Settings.model_fields, name
    text = file.read_text(encoding="utf-8")
    for page in re.findall(r"\b(?:docs/)?[\w.-]+\.(?:md|yaml)\b", text):
        assert (ROOT / page).is_file(), page
    for command in re.findall(r" exec \w+ flashreel (\w+)", text):
        assert knows([command])


@every_file
def test_what_a_service_needs_is_there(file: Path) -> None:
    composed = read(file)
    services = composed["services"]
    for name, service in services.items():
        for needed in service.get("depends_on", {}):
            assert needed in services, f"{name}: {needed}"
        for mount in service.get("volumes", ()):
            assert mount.partition(":")[0] in composed["volumes"], f"{name}: {mount}"


@every_file
def test_only_this_host_reaches_the_ports_and_nothing_else_may_be_written(file: Path) -> None:
    for name, service in read(file)["services"].items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), f"{name}: {port}"
        if service["image"] == "flashreel":
            assert service["read_only"] is True
            assert service["tmpfs"] == ["/tmp"]
            assert service["volumes"] == ["flashreel:/data"]
            assert service["cap_drop"] == ["ALL"]
