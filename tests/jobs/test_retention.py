"""What is over goes, and only that: results after their hour, slim records after a month, the ledger never."""

from __future__ import annotations

import sqlalchemy as sa

from flashreel.jobs import ending, retention, store, uploads
from flashreel.jobs.database import Database
from flashreel.jobs.leases import LEASE_SECONDS
from flashreel.jobs.schema import jobs, specs
from tests.support.store import (
    CREDITS,
    PRICE,
    RETENTION,
    Clock,
    claimed,
    complete,
    credits_of,
    fail,
    find,
    ledger_of,
    submit,
)


def due(database: Database) -> list[str]:
    with database.reading() as connection:
        return retention.due(connection)


def submit_in_turn(database: Database, key: str, clock: Clock, count: int) -> list[str]:
    """The ids of new jobs, oldest first."""
    ids = []
    for _ in range(count):
        ids.append(submit(database, key).id)
        clock.advance(1)
    return ids


def sweep(database: Database, *job_ids: str) -> None:
    with database.transaction() as connection:
        retention.sweep(connection, job_ids)


def test_jobs_are_due_when_their_time_is_over_and_not_before(database: Database, key: str, clock: Clock) -> None:
    first, second, waiting = (submit(database, key) for _ in range(3))
    ended = [claimed(database), claimed(database)]
    complete(database, ended[0])
    clock.advance(10)
    fail(database, ended[1])
    clock.advance(RETENTION - 10)
    assert due(database) == [ended[0].id]
    clock.advance(10)
    assert due(database) == [ended[0].id, ended[1].id]
    sweep(database, ended[0].id)
    assert due(database) == [ended[1].id]
    assert {first.id, second.id, waiting.id} > set(due(database))


def test_a_sweep_empties_the_job_and_leaves_a_slim_record(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key, prompt="a secret wish")
    complete(database, claimed(database))
    other = submit(database, key)
    clock.advance(RETENTION)
    sweep(database, job.id)
    assert find(database, job.id) is None
    with database.reading() as connection:
        row = connection.execute(sa.select(jobs).where(jobs.c.id == job.id)).one()
        kept = list(connection.scalars(sa.select(specs.c.job_id)))
    assert (row.warnings, row.result, row.error, row.callback) == (None, None, None, None)
    assert (row.state, row.key_id, row.model, row.duration, row.cost) == ("COMPLETED", key, "tiny", 5, PRICE)
    assert kept == [other.id]


def test_a_slim_record_is_forgotten_after_a_month_and_its_money_is_not(
    database: Database, key: str, clock: Clock
) -> None:
    job = submit(database, key)
    complete(database, claimed(database))
    clock.advance(retention.RECORD_SECONDS + 1)
    with database.transaction() as connection:
        assert retention.forget(connection) == 0  # not yet swept: its files would be nobody's
        retention.sweep(connection, [job.id])
        assert retention.forget(connection) == 1
        assert connection.scalar(sa.select(sa.func.count()).select_from(jobs)) == 0
    assert ledger_of(database, job.id) == [("hold", -PRICE), ("settle", 0)]
    assert credits_of(database, key) == CREDITS - PRICE


def test_the_time_of_finished_jobs_can_be_ended_now_and_of_no_others(
    database: Database, key: str, clock: Clock
) -> None:
    ids = submit_in_turn(database, key, clock, 3)
    complete(database, claimed(database))
    claimed(database)
    with database.transaction() as connection:
        retention.expire(connection, ids)
    assert due(database) == ids[:1]
    assert [find(database, job_id) is not None for job_id in ids] == [False, True, True]


def test_over_the_quota_the_oldest_finished_go_first(database: Database, key: str, clock: Clock) -> None:
    ids = []
    for size in (40, 30, 20, 10):
        ids.append(submit(database, key).id)
        complete(database, claimed(database), file_size=size)
        clock.advance(1)
    submit(database, key)
    fail(database, claimed(database))  # has no file

    def over(quota: int) -> list[str]:
        with database.reading() as connection:
            return retention.over_quota(connection, quota)

    assert over(100) == []
    assert over(99) == ids[:1]
    assert over(59) == ids[:2]
    assert over(1) == ids
    sweep(database, ids[0], ids[1])
    assert over(30) == []
    assert over(29) == ids[2:3]


def test_whose_files_may_be_there_is_known_by_attempt(database: Database, key: str, clock: Clock) -> None:
    swept, done, again, waiting = submit_in_turn(database, key, clock, 4)
    for _ in range(2):
        complete(database, claimed(database))
    sweep(database, swept)
    claimed(database)
    clock.advance(LEASE_SECONDS + 1)
    assert claimed(database).id == again
    with database.reading() as connection:
        unknown = [f"{number:032x}" for number in range(450)]
        known = retention.known_attempts(connection, [swept, *unknown, done, again, waiting])
    assert known == {done: 1, again: 2, waiting: 0}


def test_what_a_waiting_job_will_use_stays_until_it_is_finished(database: Database, key: str, clock: Clock) -> None:
    source = submit(database, key)
    assert complete(database, claimed(database))
    with database.transaction() as connection:
        upload = uploads.add(
            connection,
            "a" * 32,
            key,
            path=f"uploads/{'a' * 32}/b.png",
            name="b.png",
            content_type="image/png",
            size=5,
            sha256="",
            life=RETENTION,
            quota=100,
        )
    assert upload is not None
    waiting = submit(database, key, start_image=f"asset:{source.id}/1/c.mp4#last", end_image=f"asset:{upload.path}")
    clock.advance(RETENTION)
    with database.reading() as connection:
        assert store.get(connection, source.id) is None  # to everybody outside its time is over
        assert (retention.due(connection), uploads.due(connection)) == ([], [])
        assert retention.over_quota(connection, 0) == []
    with database.transaction() as connection:
        ending.cancel(connection, waiting.id, key, RETENTION)
        assert (retention.due(connection), uploads.due(connection)) == ([source.id], [upload.id])
        assert retention.over_quota(connection, 0) == [source.id]
