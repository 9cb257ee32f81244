"""What a key's jobs were and cost, for as long as they are remembered."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
import sqlalchemy as sa

from flashreel.jobs import history, retention, store
from flashreel.jobs.database import Database
from flashreel.jobs.history import Order, Record, Records, Wanted
from flashreel.jobs.listing import Echo
from flashreel.jobs.store import Job
from tests.support.store import MODEL, PRICE, RETENTION, Clock, a_spec, claimed, complete, fail, new_key, submit


def page(
    database: Database,
    key: str,
    wanted: Wanted | None = None,
    limit: int = 100,
    offset: int = 0,
    order: Order = "created",
    descending: bool = True,
) -> Records:
    with database.reading() as connection:
        return history.page(
            connection, key, wanted or Wanted(), limit, offset=offset, order=order, descending=descending
        )


def find(database: Database, key: str, job_id: str) -> Record | None:
    with database.reading() as connection:
        return history.find(connection, key, job_id)


def ids(records: Records) -> list[str]:
    return [record.id for record in records.records]


@pytest.fixture
def made(database: Database, key: str, clock: Clock) -> list[Job]:
    """Four jobs, ten seconds apart: completed and swept, failed, running, queued for another model."""
    submit(database, new_key(database), price=0, model="other")
    clock.advance(10)
    first = submit(database, key)
    complete(database, claimed(database))
    with database.transaction() as connection:
        retention.sweep(connection, [first.id])
    clock.advance(10)
    second = submit(database, key)
    fail(database, claimed(database))
    clock.advance(10)
    third = submit(database, key)
    claimed(database)
    clock.advance(10)
    return [first, second, third, submit(database, key, model="other-2")]


def test_every_job_of_the_key_is_there_whatever_became_of_it(database: Database, key: str, made: list[Job]) -> None:
    found = page(database, key)
    assert ids(found) == [job.id for job in made[::-1]]
    assert found.total == 4
    queued, running, failed, completed = found.records
    assert [record.state for record in found.records] == ["QUEUED", "PROCESSING", "FAILED", "COMPLETED"]
    assert [record.cost for record in found.records] == [0, 0, 0, PRICE]
    assert (failed.error, failed.error_code, failed.path) == ("the engine failed", "engine_failed", None)
    assert (completed.error, completed.error_code, completed.path, completed.echo) == (None, None, None, None)
    assert (completed.model, completed.aspect_ratio, completed.duration, completed.seed) == (MODEL, "16:9", 5, 7)
    assert queued.started_at is None
    assert running.started_at == running.created_at
    assert running.finished_at is None
    assert completed.finished_at == completed.created_at


@pytest.mark.parametrize("order", ["created", "model", "cost"])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("limit", [1, 3])
def test_pages_put_together_are_all_records_once(
    database: Database, key: str, made: list[Job], limit: int, order: Order, descending: bool
) -> None:
    first, second, third, other = (job.id for job in made)
    expected = {
        "created": [first, second, third, other],
        "model": [other, first, second, third],
        "cost": [second, third, other, first],
    }[order]
    seen: list[str] = []
    for number in range(5):
        found = page(database, key, None, limit, number * limit, order, descending)
        assert found.total == 4
        seen += ids(found)
    assert seen == (expected[::-1] if descending else expected)


def test_records_are_chosen_by_time_model_and_state(database: Database, key: str, made: list[Job]) -> None:
    first, second, third, other = (job.id for job in made)
    at = made[0].created_at

    def chosen(wanted: Wanted) -> list[str]:
        found = page(database, key, wanted, descending=False)
        assert found.total == len(found.records)
        return ids(found)

    assert chosen(Wanted(start=at + 10)) == [second, third, other]
    assert chosen(Wanted(end=at + 10)) == [first]
    assert chosen(Wanted(start=at + 10, end=at + 30)) == [second, third]
    assert chosen(Wanted(model="other")) == []
    assert chosen(Wanted(model="other-2")) == [other]
    assert chosen(Wanted(part="other")) == [other]
    assert chosen(Wanted(part="in")) == [first, second, third]
    assert chosen(Wanted(part="_")) == []  # no wildcard
    assert chosen(Wanted(states=("COMPLETED",))) == [first]
    assert chosen(Wanted(states=("QUEUED", "PROCESSING"))) == [third, other]
    assert chosen(Wanted(start=at + 1, part="in", states=("COMPLETED", "FAILED"))) == [second]


def test_what_was_said_and_made_is_told_until_its_time_is_over_and_the_record_stays(
    database: Database, key: str, clock: Clock
) -> None:
    echo = Echo("a fox", loop=True, start_image="http://x/a.png", width=160, height=90, extras={"a": [1]})
    with database.transaction() as connection:
        job = store.submit(connection, key, a_spec(), dialect="luma", engine="e", price=PRICE, echo=asdict(echo))
    assert job is not None
    complete(database, claimed(database))
    clock.advance(1)
    submit(database, key)
    fail(database, claimed(database))
    whole = page(database, key)
    assert [(record.echo, record.path) for record in whole.records] == [(Echo(""), None), (echo, "nowhere.mp4")]
    clock.advance(RETENTION + 1)
    over = page(database, key)  # no sweep has been there
    for record, before in zip(over.records, whole.records, strict=True):
        assert (record.echo, record.error, record.path) == (None, None, None)
        assert (record.id, record.cost, record.error_code) == (before.id, before.cost, before.error_code)
        assert (record.created_at, record.finished_at) == (before.created_at, before.finished_at)
    with database.transaction() as connection:
        retention.sweep(connection, [record.id for record in whole.records])
    assert page(database, key) == over
    assert find(database, key, job.id) == over.records[1]
    clock.advance(retention.RECORD_SECONDS)
    with database.transaction() as connection:
        assert retention.forget(connection) == 2
    assert page(database, key) == Records((), 0)


def test_one_record_is_found_by_the_id_and_by_its_own_key_only(database: Database, key: str, made: list[Job]) -> None:
    found = find(database, key, made[1].id)
    assert found == page(database, key).records[2]
    assert find(database, new_key(database), made[1].id) is None
    for unknown in ("0" * 32, "", "x" * 32, "\x00", made[1].id + "\n"):
        assert find(database, key, unknown) is None


def test_both_halves_of_the_month_have_an_index_that_is_in_order(sqlite: Database) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        if statement != "BEGIN":
            asked.append((statement, parameters))

    with sqlite.reading() as connection:
        sa.event.listen(connection, "before_cursor_execute", note)
        history.page(connection, "k", Wanted(start=1.0, end=2.0, states=("COMPLETED",)), 10)
        history.find(connection, "k", "0" * 32)
        sa.event.remove(connection, "before_cursor_execute", note)
        used = []
        for statement, parameters in asked:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plan = " ".join(step.detail for step in steps)
            assert "TEMP B-TREE" not in plan, plan
            used += re.findall(r"SEARCH jobs USING (?:COVERING )?INDEX (\w+)", plan)
    by_id = "sqlite_autoindex_jobs_1"
    assert used == ["jobs_by_key", "jobs_history", "jobs_by_key", "jobs_history", by_id, by_id]
