"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.support.postgres import PostgreSQL

# Before anything imports numba: one JIT cache for this process and every server it starts.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".cache" / "numba"))
# Servers under test are on this machine, whatever proxy reaches the rest of the world.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

# Of a busy machine no example is too slow; and what one run draws the next one draws too: long runs draw at random.
settings.register_profile(
    "tests", deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")


@pytest.fixture(autouse=True, scope="session")
def _loggers_kept_loose() -> Iterator[None]:
    """Commands that run in this process set logging up for good; a logger that kept that would say nothing to a test
    that listens later."""
    configure = structlog.configure

    def loosely(**given: Any) -> None:
        configure(**{**given, "cache_logger_on_first_use": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", loosely)
        yield


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


@pytest.fixture(scope="session")
def mortal_postgresql() -> Iterator[PostgreSQL]:
    """Another PostgreSQL, with nothing in it yet: one that tests may end, which then start it again."""
    from tests.support.postgres import PostgreSQL

    with closing(PostgreSQL()) as server:
        server.start()
        yield server


@pytest.fixture
def mortal(mortal_postgresql: PostgreSQL) -> PostgreSQL:
    """That one, up and with a store's tables in it."""
    from flashreel.jobs.database import Database

    if not mortal_postgresql.is_up:
        mortal_postgresql.start()
    with closing(Database(mortal_postgresql.url)) as database:
        database.migrate()
    return mortal_postgresql
