"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports numba: one JIT cache for this process and every server it starts.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".cache" / "numba"))
# Servers under test are on this machine, whatever proxy reaches the rest of the world.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The one PostgreSQL of the run, started for the first test that wants it, with a store's tables in it."""
    from flashreel.jobs.database import Database
    from tests.support.postgres import postgres

    with postgres() as url:
        database = Database(url)
        database.migrate()
        database.close()
        yield url
