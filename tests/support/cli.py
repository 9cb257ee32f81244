"""The command line, run as a user runs it, or in this process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Protocol

import pytest

from flashreel.cli import main
from tests.support.server import MODELS, ROOT, environment

#: The options that make `generate` small.
SMALL = ("--model", "tiny", "--config", str(MODELS))


def flashreel(*words: str, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[bytes]:
    """A process of its own, which is given `stdin`."""
    return subprocess.run(
        [sys.executable, "-m", "flashreel", *words],
        # As wide as it likes: a help text is not to be cut.
        env=environment(COLUMNS="400", **env),
        cwd=ROOT,
        input=None if stdin is None else stdin.encode(),
        capture_output=True,
        timeout=110,
        check=False,
    )


def output_of(*words: str) -> str:
    done = flashreel(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@dataclass(frozen=True)
class Said:
    """What a command that ran in this process said, and its exit status."""

    status: int
    out: str
    err: str


class Run(Protocol):
    def __call__(self, *words: str) -> Said: ...


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: for refusals, of which there are too many for a process each."""

    def run(*words: str) -> Said:
        monkeypatch.setenv("COLUMNS", "400")
        monkeypatch.setattr(sys, "argv", ["flashreel", *words])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Said(int(end.value.code or 0), captured.out, captured.err)

    return run
