"""A fresh store per test, on both databases, and a clock to set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashreel.jobs.database import Database
from tests.support.postgres import empty
from tests.support.store import Clock, new_key, open_database


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture(scope="session")
def opened_postgresql(postgresql_url: str) -> Iterator[Database]:
    """Opened once: with every Database SQLAlchemy compiles all statements anew."""
    database = Database(postgresql_url)
    yield database
    database.close()


@pytest.fixture
def postgresql(opened_postgresql: Database) -> Database:
    empty(opened_postgresql)
    return opened_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Whatever a test says of a store holds on both."""
    found: Any = request.getfixturevalue(request.param)
    assert isinstance(found, Database)
    return found


@pytest.fixture
def key(database: Database) -> str:
    """The id of a key with credits."""
    return new_key(database)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.install(monkeypatch)
    return clock
