"""A fresh store per test, and a clock to set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashreel.jobs.database import Database
from tests.support.store import Clock, new_key, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def key(database: Database) -> str:
    """The id of a key with credits."""
    return new_key(database)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.install(monkeypatch)
    return clock
