"""`flashreel generate` is the user's own machine: unchecked, unless the settings say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flashreel.cli import app
from flashreel.errors import JobFailed
from tests.support.server import SCRIPT


def outcome(folder: Path, prompt: str) -> BaseException | None:
    words = ["generate", prompt, "--data", str(folder), "--engine", SCRIPT, "-o", str(folder / "x.mp4")]
    return CliRunner().invoke(app, words).exception


def test_generate_checks_the_prompt_only_where_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLASHREEL_MODERATION", raising=False)
    reached = outcome(tmp_path, "porn, crash")
    assert isinstance(reached, RuntimeError)  # the engine's own
    monkeypatch.setenv("FLASHREEL_MODERATION", "on")
    blocked = outcome(tmp_path, "porn, crash")
    assert isinstance(blocked, JobFailed)
    assert (blocked.code, str(blocked)) == ("content_blocked", "the prompt was blocked: sexual content")
    monkeypatch.setenv("FLASHREEL_MODERATION", "off")
    assert isinstance(outcome(tmp_path, "porn, crash"), RuntimeError)
