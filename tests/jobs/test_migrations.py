"""Steps from one schema to the next: together they are the schema, and a store that is not of ours is left alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from flashreel.errors import SetupError
from flashreel.jobs import keys, migrations, schema
from flashreel.jobs.database import Database
from flashreel.jobs.schema import COMPATIBLE, REVISION, meta, metadata, revisions
from tests.support.postgres import another
from tests.support.store import CREDITS, new_key

_NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = {down!r}


def upgrade() -> None:
    with op.batch_alter_table("keys") as keys:
        keys.add_column(sa.Column("colour", sa.String(), server_default="blue", nullable=False))
        keys.alter_column("name", new_column_name="title")
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        database = Database(tmp_path / "bare.db")
        yield database
        database.close()
        return
    database = Database(another(request.getfixturevalue("postgresql_url"), "bare"))
    yield database
    database.close()


@pytest.fixture
def next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flashreel that is one step ahead."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.HERE, folder)
    (folder / "versions" / "next.py").write_text(_NEXT.format(down=REVISION))
    monkeypatch.setattr(migrations, "HERE", folder)
    monkeypatch.setattr(schema, "REVISION", "next")


def describe(database: Database) -> dict[str, object]:
    """All that the database knows of its tables."""
    with database.reading() as connection:
        found = sa.inspect(connection)
        return {
            name: {
                "columns": [{**column, "type": str(column["type"])} for column in found.get_columns(name)],
                "primary": found.get_pk_constraint(name),
                "foreign": sorted(found.get_foreign_keys(name), key=str),
                "unique": sorted(found.get_unique_constraints(name), key=str),
                "indexes": sorted(
                    ({**index, "dialect_options": _texts(index)} for index in found.get_indexes(name)), key=str
                ),
            }
            for name in found.get_table_names()
        }


def _texts(index: sa.engine.interfaces.ReflectedIndex) -> dict[str, str]:
    """Without casts and brackets: PostgreSQL writes a condition with others once it was dumped and loaded."""
    options = index.get("dialect_options", {})
    return {name: re.sub(r"::[a-z ]+(\[\])?|[()]", "", str(value)) for name, value in options.items()}


def make_newer(database: Database, revision: str, *, compatible: str | None) -> None:
    """As a newer version leaves it whose code is known to run from `compatible` on."""
    with database.transaction() as connection:
        connection.execute(revisions.update().values(version_num=revision))
        connection.execute(meta.delete())
        if compatible is not None:
            connection.execute(meta.insert().values(name="compatible", value=compatible))


def test_the_schema_is_the_last_step() -> None:
    assert ScriptDirectory.from_config(migrations.config()).get_current_head() == REVISION


def test_what_else_may_run_is_a_step_and_steps_are_in_order() -> None:
    steps = [step.revision for step in ScriptDirectory.from_config(migrations.config()).walk_revisions()][::-1]
    assert COMPATIBLE in steps
    assert steps == [f"{number:04}" for number in range(1, len(steps) + 1)]  # text compares as they follow


def test_all_steps_together_are_the_schema(bare: Database) -> None:
    with bare.transaction() as connection:
        command.upgrade(migrations.config(connection), "head")
        context = MigrationContext.configure(connection, opts={"version_table": revisions.name})
        assert compare_metadata(context, metadata) == []
    migrated = describe(bare)
    with bare.transaction() as connection:
        metadata.drop_all(connection)
        revisions.drop(connection)
    assert bare.migrate() is None
    assert describe(bare) == migrated


def test_a_new_store_is_of_this_version_and_stays_so(bare: Database) -> None:
    assert bare.migrate() is None
    bare.check()
    before = describe(bare)
    assert bare.migrate() == REVISION
    assert describe(bare) == before


@pytest.mark.usefixtures("next_step")
def test_an_older_store_is_brought_up_to_date_with_all_that_is_in_it(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(schema, "REVISION", REVISION)
        bare.migrate()
    key, further = new_key(bare), None
    with bare.transaction() as connection:
        further, _ = keys.create_key(connection, "further", 0, of_key=key)
    with pytest.raises(SetupError, match=rf"has schema {REVISION}, this flashreel knows next"):
        bare.check()
    assert bare.migrate() == REVISION
    bare.check()
    assert bare.migrate() == "next"
    with bare.reading() as connection:
        rows = connection.execute(sa.text("SELECT id, title, colour, credits FROM keys ORDER BY title")).all()
    assert [tuple(row) for row in rows] == [(further.id, "further", "blue", 0), (key, "test", "blue", CREDITS)]


def test_a_step_that_fails_changes_nothing(bare: Database, next_step: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(schema, "REVISION", REVISION)
        bare.migrate()
    step = migrations.HERE / "versions" / "next.py"
    step.write_text(step.read_text() + "    op.execute('DELETE FROM nowhere')\n")
    before_it = describe(bare)
    with pytest.raises(SetupError, match="nowhere"):
        bare.migrate()
    assert describe(bare) == before_it


def test_a_store_of_a_newer_version_is_refused_and_left_alone(bare: Database) -> None:
    bare.migrate()
    make_newer(bare, "9999", compatible="9998")
    with bare.transaction() as connection:
        connection.execute(sa.text("DROP TABLE outbox"))
    before = describe(bare)
    says = f"has schema 9999, this flashreel knows {REVISION}; update flashreel: only one that knows schema 9998 or "
    for opened in (bare.create, bare.check, bare.migrate):
        with pytest.raises(SetupError, match=says):
            opened()
    assert describe(bare) == before


def test_the_revision_of_a_store_is_told_without_changing_it(
    bare: Database, next_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SetupError, match="no schema of ours"):
        bare.revision()
    assert bare.path is None or not bare.path.exists()
    with monkeypatch.context() as before:
        before.setattr(schema, "REVISION", REVISION)
        bare.migrate()
    before_it = describe(bare)
    assert bare.revision() == REVISION
    assert describe(bare) == before_it
    for compatible in ("next", "other"):
        make_newer(bare, "other", compatible=compatible)
        if compatible == "next":
            assert bare.revision() == "other"
        else:
            with pytest.raises(SetupError, match="has schema other"):
                bare.revision()


def test_a_store_that_says_nothing_of_older_versions_runs_with_none(bare: Database) -> None:
    bare.migrate()
    make_newer(bare, "9999", compatible=None)
    with pytest.raises(SetupError, match="only one that knows schema 9999 or a newer"):
        bare.check()


def test_a_newer_store_that_was_only_added_to_is_run_on_and_left_alone(bare: Database) -> None:
    bare.migrate()
    make_newer(bare, "9999", compatible=REVISION)
    before = describe(bare)
    bare.create()
    bare.check()
    assert bare.migrate() == "9999"
    assert describe(bare) == before
    assert new_key(bare)


def test_each_step_writes_down_what_else_may_run(
    bare: Database, next_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(schema, "REVISION", REVISION)
        bare.migrate()
    monkeypatch.setattr(schema, "COMPATIBLE", "next")
    assert bare.migrate() == REVISION
    monkeypatch.undo()
    for opened in (bare.create, bare.check):
        with pytest.raises(SetupError, match=f"has schema next, this flashreel knows {REVISION}; update flashreel"):
            opened()


def test_a_database_of_something_else_is_refused_and_left_alone(bare: Database) -> None:
    with bare.transaction() as connection:
        connection.execute(sa.text("CREATE TABLE recipes (name TEXT)"))
    for opened in (bare.create, bare.check, bare.migrate):
        with pytest.raises(SetupError, match="no schema of ours"):
            opened()
    assert set(describe(bare)) == {"recipes"}


def test_a_start_without_a_step_to_take_loads_no_alembic(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from flashreel.jobs.database import Database

for _ in range(2):
    database = Database(Path(sys.argv[1]) / "flashreel.db")
    database.create()
    database.check()
    database.close()
assert "alembic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)
