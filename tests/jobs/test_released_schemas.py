"""The store of every release, as it was dumped then with rows in every table, is brought to the present schema with all
that is in it, and goes on working. `python -m tools.schema_dump` writes the dumps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from flashreel.jobs import keys, migrations, webhooks
from flashreel.jobs.database import Database
from flashreel.jobs.schema import jobs, metadata, revisions
from tests.jobs.test_migrations import describe
from tests.support.filled import OWNER, STATES
from tests.support.postgres import another
from tests.support.store import CREDITS, PRICE, Clock, claimed, complete, credits_of, find, get, submit

DUMPS = Path(__file__).with_name("schemas")
REVISIONS = [step.revision for step in ScriptDirectory.from_config(migrations.config()).walk_revisions()][::-1]
KINDS = ("sqlite", "postgresql")


def place(request: pytest.FixtureRequest, kind: str, name: str) -> Path | str:
    """Where a database of this kind may be that has nothing in it yet."""
    if kind == "sqlite":
        return Path(request.getfixturevalue("tmp_path")) / f"{name}.db"
    return another(request.getfixturevalue("postgresql_url"), name)


@pytest.fixture(params=[f"{revision}.{kind}" for revision in REVISIONS for kind in KINDS])
def released(request: pytest.FixtureRequest) -> Iterator[Database]:
    """What one release left in one of the databases."""
    dump = DUMPS / f"{request.param}.sql"
    assert dump.is_file(), "a release needs its dump: python -m tools.schema_dump"
    where = place(request, request.param.partition(".")[2], "released")
    if isinstance(where, Path):
        with sqlite3.connect(where) as connection:
            connection.executescript(dump.read_text(encoding="utf-8"))
        connection.close()
    else:
        load_postgresql(where, dump.read_text(encoding="utf-8"))
    database = Database(where)
    yield database
    database.close()


def load_postgresql(url: str, dump: str) -> None:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    connection = engine.raw_connection()
    connection.cursor().execute(dump)
    connection.commit()
    connection.close()
    engine.dispose()


def rows_of(database: Database) -> dict[str, int]:
    """How many rows each table has that is there, but for the store's notes on itself."""
    with database.reading() as connection:
        there = set(sa.inspect(connection).get_table_names()) - {"meta"}
        query = "SELECT count(*) FROM {}"
        return {name: connection.scalar(sa.text(query.format(name))) or 0 for name in sorted(there)}


def by_prompt(database: Database) -> dict[str, str]:
    """Ids of the jobs of `fill`, by what each is left as: of the swept one nothing is known but that."""
    with database.reading() as connection:
        found = connection.execute(sa.select(jobs.c.id, jobs.c.body_hash, jobs.c.swept_at)).all()
    names = {row.id: (row.body_hash or "hash of queued").removeprefix("hash of ") for row in found}
    return {name: job_id for job_id, name in names.items()}


def test_every_release_has_its_dumps_and_nothing_else_has() -> None:
    assert {file.name for file in DUMPS.iterdir()} == {f"{step}.{kind}.sql" for step in REVISIONS for kind in KINDS}


def test_a_dump_has_rows_in_every_table(released: Database) -> None:
    counted = rows_of(released)
    assert min(counted.values()) > 0, counted


def test_no_row_is_lost_and_the_schema_is_that_of_a_new_store(
    released: Database, request: pytest.FixtureRequest
) -> None:
    before = rows_of(released)
    released.migrate()
    after = rows_of(released)
    assert {name: after.get(name) for name in before} == before
    released.check()
    with released.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": revisions.name})
        assert compare_metadata(context, metadata) == []
    new = Database(place(request, "postgresql" if released.is_shared else "sqlite", "new"))
    new.migrate()
    assert describe(released) == describe(new)
    new.close()


def test_it_goes_on_working(released: Database, clock: Clock) -> None:
    released.migrate()
    clock.wall += 7200.0  # `fill` went on for an hour
    ids = by_prompt(released)
    assert sorted(ids) == sorted(STATES)
    with released.reading() as connection:
        (owner,) = (key for key in keys.list_keys(connection) if key.name == OWNER)
        assert keys.check_ledger(connection) == []
        assert webhooks.known_secret(connection, owner.id)
    charged = 2 * PRICE  # of the completed and the swept one
    assert credits_of(released, owner.id) == CREDITS - charged - 2 * PRICE  # and held for two

    done = get(released, ids["completed"])
    assert (done.state, done.warnings, done.result and done.result["path"]) == (
        "COMPLETED",
        ("heard", "a note"),
        "nowhere.mp4",
    )
    assert get(released, ids["failed"]).error_code == "engine_failed"
    assert get(released, ids["cancelled"]).error_code == "cancelled"
    assert find(released, ids["swept"]) is None

    # The one in hand lapsed with its worker, the other waits: both are made, and so is a new one.
    clock.boot_name = "boot-2"
    submit(released, owner.id, prompt="new")
    claims = [claimed(released) for _ in range(3)]
    assert {claim.spec.prompt for claim in claims} == {"processing", "queued", "new"}
    assert all(complete(released, claim) for claim in claims)
    assert credits_of(released, owner.id) == CREDITS - charged - 3 * PRICE
    with released.reading() as connection:
        assert keys.check_ledger(connection) == []
