"""Commands run in this process, on a data folder with a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flashreel.jobs.database import Database
from flashreel.terminal import err, out
from tests.support.cli import Run, Said, runner
from tests.support.server import MODELS
from tests.support.store import open_database


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capsys)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    for console in (out, err):
        monkeypatch.setattr(console, "width", 80)


@dataclass(frozen=True)
class Folder:
    """A data folder, its store, and commands on it."""

    path: Path
    database: Database
    runs: Run

    def run(self, *words: str) -> Said:
        return self.runs(*words, "--data", str(self.path), "--config", str(MODELS))

    def done(self, *words: str) -> str:
        """What a command said that must succeed."""
        said = self.run(*words)
        assert (said.status, said.err) == (0, "")
        return said.out

    def refused(self, *words: str) -> str:
        """What a command said that must fail, which is not the command line's fault."""
        said = self.run(*words)
        assert (said.status, said.out) == (1, "")
        return said.err


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Iterator[Folder]:
    database = open_database(tmp_path)
    yield Folder(tmp_path, database, run)
    database.close()
