"""Repeated submits: merged when the first answer may have been lost, never otherwise."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from flashreel.jobs import repeats, store
from flashreel.jobs.database import Database
from flashreel.jobs.store import Job
from tests.support.store import PRICE, RETENTION, Clock, a_spec, claimed, complete, new_key

HASH = "h" * 64


def send(database: Database, key: str, count: int | None = 0, *, dialect: str = "openai", body_hash: str = HASH) -> Job:
    with database.transaction() as connection:
        job = store.submit(
            connection,
            key,
            a_spec(),
            dialect=dialect,
            engine="animatic",
            price=PRICE,
            body_hash=body_hash,
            retry_count=count,
        )
    assert job is not None
    return job


def find(database: Database, key: str, count: int, *, dialect: str = "openai", body_hash: str = HASH) -> str | None:
    with database.reading() as connection:
        job = repeats.find(connection, key, dialect, body_hash, count)
    return None if job is None else job.id


@pytest.mark.parametrize(("made_by", "repeat", "merges"), [(0, 1, True), (0, 2, True), (1, 2, True), (1, 1, False)])
def test_a_repeat_is_the_job_of_a_lower_count(
    database: Database, key: str, made_by: int, repeat: int, merges: bool
) -> None:
    job = send(database, key, made_by)
    assert find(database, key, repeat) == (job.id if merges else None)


def test_a_first_send_never_merges(database: Database, key: str) -> None:
    send(database, key)
    assert find(database, key, 0) is None


def test_the_newest_is_meant(database: Database, key: str, clock: Clock) -> None:
    send(database, key)
    clock.advance(1)
    newer = send(database, key)
    assert find(database, key, 1) == newer.id


def test_only_the_same_key_dialect_and_body_merge(database: Database, key: str) -> None:
    job = send(database, key)
    assert find(database, new_key(database), 1) is None
    assert find(database, key, 1, dialect="luma") is None
    assert find(database, key, 1, body_hash="g" * 64) is None
    assert find(database, key, 1) == job.id


def test_a_job_whose_client_knows_it_does_not_merge(database: Database, key: str) -> None:
    job = send(database, key)
    with database.transaction() as connection:
        repeats.mark_read(connection, [job.id])
    assert find(database, key, 1) is None


def test_a_client_that_does_not_count_is_left_alone(database: Database, key: str) -> None:
    job = send(database, key, None)
    assert not job.unread
    assert find(database, key, 1) is None


def test_two_minutes_are_the_end(database: Database, key: str, clock: Clock) -> None:
    job = send(database, key)
    clock.advance(repeats.SECONDS - 1)
    assert find(database, key, 1) == job.id
    clock.advance(1)
    assert find(database, key, 1) is None


def test_a_finished_job_merges_until_it_is_deleted(database: Database, key: str, clock: Clock) -> None:
    job = send(database, key)
    assert complete(database, claimed(database))
    assert find(database, key, 1) == job.id
    with database.transaction() as connection:
        connection.execute(sa.text("UPDATE jobs SET expires_at = :now"), {"now": clock.wall})
    assert find(database, key, 1) is None
    assert RETENTION > repeats.SECONDS
