"""Cancel: at once where nobody works, by a flag where somebody does, and nothing is ever charged for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from flashreel.jobs import ending, leases, queue, store
from flashreel.jobs.database import Database
from flashreel.jobs.leases import LEASE_SECONDS, Claim
from flashreel.jobs.schema import jobs
from flashreel.jobs.store import Job
from tests.support.store import (
    CREDITS,
    PRICE,
    RETENTION,
    Clock,
    a_spec,
    claim,
    claimed,
    complete,
    credits_of,
    fail,
    get,
    ledger_of,
    new_key,
    submit,
)


def cancel(database: Database, job_id: str, key_id: str | None = None) -> Job | None:
    with database.transaction() as connection:
        return ending.cancel(connection, job_id, key_id, RETENTION)


def is_cancelled(database: Database, job_id: str) -> bool:
    """Whether it ended as cancelled, with its money given back once."""
    job = get(database, job_id)
    ended = (job.state, job.error_code, job.error, job.cost) == ("FAILED", "cancelled", ending.CANCELLED, 0)
    if ended:
        assert ledger_of(database, job_id) == [("hold", -PRICE), ("release", PRICE)]
        assert job.expires_at is not None
    return ended


def test_a_queued_job_ends_at_once(database: Database, key: str) -> None:
    job = submit(database, key)
    now = cancel(database, job.id, key)
    assert now == get(database, job.id)
    assert is_cancelled(database, job.id)
    assert credits_of(database, key) == CREDITS
    assert claim(database) is None


def test_a_running_job_is_told_and_ends_by_its_worker(database: Database, key: str) -> None:
    job = submit(database, key)
    taken = claimed(database)
    before = get(database, job.id)
    now = cancel(database, job.id, key)
    assert now is not None
    assert (now.state, now.version) == ("PROCESSING", before.version + 1)
    assert ledger_of(database, job.id) == [("hold", -PRICE)]
    with database.transaction() as connection:
        assert leases.look(connection, taken) == leases.Renewal(cancel=True)
        assert ending.fail(connection, taken, "cancelled", ending.CANCELLED, RETENTION)
    assert is_cancelled(database, job.id)


def test_a_video_that_is_done_after_the_cancel_is_not_charged(database: Database, key: str) -> None:
    """The worker had not looked yet: who cancelled was told so first."""
    job = submit(database, key)
    taken = claimed(database)
    cancel(database, job.id)
    assert not complete(database, taken)
    assert is_cancelled(database, job.id)
    assert get(database, job.id).result is None
    assert credits_of(database, key) == CREDITS


@pytest.mark.parametrize("end", [complete, fail])
def test_a_finished_job_is_left_as_it_is(database: Database, key: str, end: Callable[[Database, Claim], bool]) -> None:
    job = submit(database, key)
    assert end(database, claimed(database))
    before, money = get(database, job.id), ledger_of(database, job.id)
    assert cancel(database, job.id, key) == before == get(database, job.id)
    assert ledger_of(database, job.id) == money


def test_a_second_cancel_changes_nothing_more(database: Database, key: str) -> None:
    job = submit(database, key)
    first = cancel(database, job.id)
    assert cancel(database, job.id) == first
    assert is_cancelled(database, job.id)


def test_an_unknown_job_and_another_keys_job_cannot_be_cancelled(database: Database, key: str) -> None:
    job = submit(database, key)
    assert cancel(database, "0" * 32) is None
    assert cancel(database, job.id, new_key(database)) is None
    assert get(database, job.id) == job


def test_an_expired_job_cannot_be_cancelled(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    complete(database, claimed(database))
    clock.advance(RETENTION)
    assert cancel(database, job.id) is None


def test_a_job_whose_worker_is_silent_ends_at_once(database: Database, key: str, clock: Clock) -> None:
    job = submit(database, key)
    stale = claimed(database)
    clock.advance(LEASE_SECONDS + 1)
    cancel(database, job.id)
    assert is_cancelled(database, job.id)
    assert not complete(database, stale)  # and if it wakes up: nothing of it counts
    assert is_cancelled(database, job.id)


@pytest.mark.parametrize("how", ["dies", "stops", "falls silent"])
def test_a_cancelled_job_whose_worker_goes_first_is_found_and_ended(
    database: Database, key: str, clock: Clock, how: str
) -> None:
    job = submit(database, key)
    taken = claimed(database, "w1")
    cancel(database, job.id)
    with database.transaction() as connection:
        assert ending.to_cancel(connection) == []  # its worker lives
        if how == "dies":
            leases.give_back_all(connection, "w1", lost=True)
        elif how == "stops":
            leases.give_back(connection, taken)
        else:
            clock.advance(LEASE_SECONDS + 1)
        assert ending.to_cancel(connection) == [job.id]
        ending.cancel(connection, job.id, None, RETENTION)
        assert ending.to_cancel(connection) == []
    assert is_cancelled(database, job.id)


def test_a_worker_that_finds_it_first_ends_it_and_takes_the_next(database: Database, key: str) -> None:
    job = submit(database, key)
    claimed(database, "w1")
    cancel(database, job.id)
    with database.transaction() as connection:
        leases.give_back_all(connection, "w1", lost=True)
    next_job = submit(database, key)
    assert claimed(database, "w2").id == next_job.id
    assert is_cancelled(database, job.id)


def test_a_cancel_uses_up_no_turn_of_its_key(database: Database, key: str) -> None:
    job = submit(database, key)
    cancel(database, job.id)
    with database.reading() as connection:
        assert connection.execute(sa.select(jobs.c.lost)).scalar_one() == 0
        assert queue.count_unfinished(connection) == 0


def test_a_caller_may_want_an_end_by_a_time(database: Database, key: str, clock: Clock) -> None:
    with database.transaction() as connection:
        job = store.submit(
            connection, key, a_spec(), dialect="replicate", engine="animatic", price=PRICE, cancel_at=clock.wall + 10
        )
        assert job is not None
        assert ending.to_cancel(connection) == []
    taken = claimed(database)
    clock.advance(10)
    with database.transaction() as connection:
        assert ending.to_cancel(connection) == [job.id]
        ending.cancel(connection, job.id, None, RETENTION)
        assert ending.to_cancel(connection) == []  # its worker has been told
        ending.fail(connection, taken, "cancelled", ending.CANCELLED, RETENTION)
    assert is_cancelled(database, job.id)
