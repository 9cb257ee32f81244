"""Two transactions at once, each on a connection of its own. SQLite's one writer lets none of these happen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

import pytest
import sqlalchemy as sa

from flashreel.jobs import ending, idempotency, keys, leases, queue, repeats, store, uploads
from flashreel.jobs.database import Database
from flashreel.jobs.schema import jobs, meta
from tests.support.store import (
    CREDITS,
    MODEL,
    PRICE,
    RESULT,
    RETENTION,
    Clock,
    a_spec,
    claimed,
    credits_of,
    get,
    ledger_of,
    new_key,
    submit,
)

T = TypeVar("T")


class Race:
    """A first transaction that stays open, and a second one that meets it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(1)
        self.waited = False
        """Whether the second one had to wait for the first one's commit."""

    def run(self, first: Callable[[sa.Connection], T], second: Callable[[sa.Connection], T]) -> tuple[T, T]:
        """What each returned. The second begins when the first has done all but its commit, which comes once the second
        waits for it, or is done."""
        with ExitStack() as stack:
            connection = stack.enter_context(self._database.transaction())
            one = first(connection)
            other = self._threads.submit(self._alone, second)
            self._until_waiting_or_done(other)
        return one, other.result(60)

    def _alone(self, work: Callable[[sa.Connection], T]) -> T:
        with self._database.transaction() as connection:
            return work(connection)

    def _until_waiting_or_done(self, other: Future[T]) -> None:
        waits = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        end = time.monotonic() + 60
        while not other.done():
            with self._database.reading() as connection:
                if connection.scalar(waits):
                    self.waited = True
                    return
            assert time.monotonic() < end
            time.sleep(0.005)

    def close(self) -> None:
        self._threads.shutdown()


@pytest.fixture
def race(postgresql: Database) -> Iterator[Race]:
    race = Race(postgresql)
    yield race
    race.close()


@pytest.fixture
def database(postgresql: Database) -> Database:
    return postgresql


def take(worker: str) -> Callable[[sa.Connection], leases.Claim | None]:
    return lambda connection: leases.claim(connection, worker, [MODEL], max_attempts=3, retention=RETENTION)


def make(key: str, price: int = PRICE) -> Callable[[sa.Connection], str | None]:
    def work(connection: sa.Connection) -> str | None:
        job = store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=price)
        return None if job is None else job.id

    return work


def test_two_workers_take_two_jobs(database: Database, key: str, race: Race) -> None:
    first, second = submit(database, key), submit(database, new_key(database))
    claims = race.run(take("w1"), take("w2"))
    assert {claim and claim.id for claim in claims} == {first.id, second.id}
    assert not race.waited


def test_one_job_is_taken_once(database: Database, key: str, race: Race) -> None:
    job = submit(database, key)
    one, other = race.run(take("w1"), take("w2"))
    assert one is not None
    assert (one.id, other) == (job.id, None)


def test_a_job_whose_worker_was_lost_is_taken_once(database: Database, key: str, clock: Clock, race: Race) -> None:
    submit(database, key)
    claimed(database, "w0")
    clock.advance(leases.LEASE_SECONDS + 1)
    one, other = race.run(take("w1"), take("w2"))
    assert one is not None
    assert (one.attempt, other) == (2, None)


def test_two_workers_keep_to_what_a_key_may_run_at_once(database: Database, key: str, race: Race) -> None:
    submit(database, key)
    submit(database, key)
    other_key = new_key(database)
    last = submit(database, other_key)
    with database.transaction() as connection:
        keys.set_limits(connection, key, {"max_running": 1, "priority": 1})
    one, other = race.run(take("w1"), take("w2"))
    assert one is not None
    assert get(database, one.id).key_id == key
    assert other is not None
    assert other.id == last.id  # the next one that may go, of another key


def once(key: str, token: str) -> Callable[[sa.Connection], str]:
    """As the API does it."""

    def work(connection: sa.Connection) -> str:
        keys.lock(connection, key)
        if (earlier := idempotency.find(connection, key, token)) is not None:
            return earlier.job_id
        made = make(key)(connection)
        assert made is not None
        idempotency.remember(connection, key, token, "body", job_id=made, created_at=time.time(), warnings=())
        return made

    return work


def test_the_first_use_of_an_idempotency_key_makes_one_job(database: Database, key: str, race: Race) -> None:
    one, other = race.run(once(key, "token"), once(key, "token"))
    assert one == other
    assert credits_of(database, key) == CREDITS - PRICE


def test_a_token_is_remembered_once_even_where_the_key_was_not_locked(database: Database, key: str, race: Race) -> None:
    def remember(job_id: str) -> Callable[[sa.Connection], None]:
        return lambda connection: idempotency.remember(
            connection, key, "token", "body", job_id=job_id, created_at=time.time(), warnings=()
        )

    with pytest.raises(sa.exc.IntegrityError):
        race.run(remember("a"), remember("b"))
    assert race.waited
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:  # nor afterwards
        remember("c")(connection)
    with database.reading() as connection:
        earlier = idempotency.find(connection, key, "token")
    assert earlier is not None
    assert earlier.job_id == "a"


def test_a_repeat_finds_the_create_that_is_not_committed_yet(database: Database, key: str, race: Race) -> None:
    def send(count: int) -> Callable[[sa.Connection], str]:
        def work(connection: sa.Connection) -> str:
            keys.lock(connection, key)
            if (first := repeats.find(connection, key, "openai", "body", count)) is not None:
                return first.id
            job = store.submit(
                connection,
                key,
                a_spec(),
                dialect="openai",
                engine="animatic",
                price=PRICE,
                body_hash="body",
                retry_count=count,
            )
            assert job is not None
            return job.id

        return work

    one, other = race.run(send(0), send(1))
    assert one == other


def test_a_key_cannot_spend_twice_what_it_has(database: Database, race: Race) -> None:
    key = new_key(database, PRICE)
    one, other = race.run(make(key), make(key))
    assert one is not None
    assert other is None
    assert credits_of(database, key) == 0


def complete(claim: leases.Claim) -> Callable[[sa.Connection], object]:
    return lambda connection: ending.complete(connection, claim, RESULT, (), RETENTION)


def cancel(job_id: str) -> Callable[[sa.Connection], object]:
    def work(connection: sa.Connection) -> object:
        job = ending.cancel(connection, job_id, None, RETENTION)
        return job and job.state

    return work


def test_a_cancel_that_came_first_wins(database: Database, key: str, race: Race) -> None:
    submit(database, key)
    claim = claimed(database)
    assert race.run(cancel(claim.id), complete(claim)) == ("PROCESSING", "FAILED")
    assert get(database, claim.id).error_code == "cancelled"
    assert ledger_of(database, claim.id) == [("hold", -PRICE), ("release", PRICE)]


def test_a_cancel_that_came_last_changes_nothing(database: Database, key: str, race: Race) -> None:
    submit(database, key)
    claim = claimed(database)
    assert race.run(complete(claim), cancel(claim.id)) == ("COMPLETED", "COMPLETED")
    assert ledger_of(database, claim.id) == [("hold", -PRICE), ("settle", 0)]


def test_a_cancel_is_not_lost_on_a_job_that_just_goes_back(database: Database, key: str, race: Race) -> None:
    submit(database, key)
    claim = claimed(database)
    given_back, state = race.run(lambda connection: leases.give_back(connection, claim), cancel(claim.id))
    assert (given_back, state) == (True, "FAILED")
    assert credits_of(database, key) == CREDITS


def test_a_cancel_meets_a_claim(database: Database, key: str, race: Race) -> None:
    job = submit(database, key)
    claim, state = race.run(take("w1"), cancel(job.id))
    assert isinstance(claim, leases.Claim)
    assert state == "PROCESSING"
    with database.reading() as connection:
        assert leases.look(connection, claim) == leases.Renewal(cancel=True)


def test_an_attempt_that_lost_its_lease_cannot_finish_beside_the_next(
    database: Database, key: str, clock: Clock, race: Race
) -> None:
    submit(database, key)
    old = claimed(database, "w0")
    clock.advance(leases.LEASE_SECONDS + 1)
    new, ended = race.run(take("w1"), complete(old))
    assert isinstance(new, leases.Claim)
    assert ended is None
    assert get(database, old.id).state == "PROCESSING"


def test_a_job_is_settled_once_by_two_that_hold_it(database: Database, key: str, race: Race) -> None:
    submit(database, key)
    claim = claimed(database)
    assert race.run(complete(claim), complete(claim)) == ("COMPLETED", None)
    assert ledger_of(database, claim.id) == [("hold", -PRICE), ("settle", 0)]


def test_ending_what_is_no_longer_offered_waits_for_no_worker(database: Database, key: str, race: Race) -> None:
    left, taken = submit(database, key), submit(database, key)

    def begin_to_take(connection: sa.Connection) -> int:
        return len(connection.execute(sa.select(jobs).where(jobs.c.id == taken.id).with_for_update()).all())

    ended = race.run(begin_to_take, lambda connection: ending.fail_unservable(connection, ["other"], RETENTION))
    assert ended == (1, 1)
    assert (get(database, left.id).state, get(database, taken.id).state) == ("FAILED", "QUEUED")


def test_uploads_keep_to_the_keys_room(database: Database, key: str, race: Race) -> None:
    def add(connection: sa.Connection) -> uploads.Upload | None:
        return uploads.add(
            connection,
            uploads.new_id(),
            key,
            path="p",
            name="n",
            content_type="image/png",
            size=60,
            sha256="",
            life=100.0,
            quota=100,
        )

    one, other = race.run(add, add)
    assert one is not None
    assert other is None


def test_that_the_store_can_be_written_is_found_by_two_at_once(database: Database, race: Race) -> None:
    race.run(
        lambda connection: connection.execute(meta.insert().values(name="written", value="yes")),
        lambda _: database.check_writable(),
    )
    assert race.waited


def enter(key: str, limit: int, *, alone: bool) -> Callable[[sa.Connection], bool]:
    def work(connection: sa.Connection) -> bool:
        assert make(key)(connection)
        return queue.fits(connection, limit, alone=alone)

    return work


def test_into_a_queue_with_room_for_all_nobody_waits_for_another(database: Database, key: str, race: Race) -> None:
    other = new_key(database)
    assert race.run(enter(key, 1000, alone=False), enter(other, 1000, alone=False)) == (True, True)
    assert not race.waited


def test_into_a_queue_that_may_be_full_one_comes_at_a_time(database: Database, key: str, race: Race) -> None:
    other = new_key(database)
    with database.transaction() as connection, pytest.raises(queue.Crowded):
        enter(key, 50, alone=False)(connection)
    with database.transaction() as connection:
        assert queue.count_unfinished(connection) == 1
    # Two are in, the third comes while the second has not told that yet.
    assert race.run(enter(key, 1000, alone=False), enter(other, 2, alone=True)) == (True, False)
    assert race.waited


def test_many_workers_take_each_job_once_and_keys_in_turn(database: Database) -> None:
    workers, of_each = 4, 20
    bounded, *plain = (new_key(database) for _ in range(3))
    with database.transaction() as connection:
        keys.set_limits(connection, bounded, {"max_running": 1})
        made = {
            job_id: key_id
            for key_id in (bounded, *plain)
            for _ in range(of_each)
            if (job_id := make(key_id)(connection))
        }
    running = sa.select(sa.func.count()).where(jobs.c.key_id == bounded, jobs.c.state == "PROCESSING")
    order: list[str] = []

    def work(number: int) -> None:
        while True:
            with database.transaction() as connection:
                claim = take(f"w{number}")(connection)
            with database.reading() as connection:
                assert (connection.scalar(running) or 0) <= 1
                if claim is None and not queue.count_by_state(connection)["QUEUED"]:
                    return
            if claim is not None:
                order.append(claim.id)
                with database.transaction() as connection:
                    assert ending.complete(connection, claim, RESULT, (), RETENTION)

    with ThreadPoolExecutor(workers) as threads:
        for done in [threads.submit(work, number) for number in range(workers)]:
            done.result(120)
    assert sorted(order) == sorted(made)
    turns = [key_id for job_id in order if (key_id := made[job_id]) in plain]
    for end in range(len(turns)):
        one, other = (turns[:end].count(key_id) for key_id in plain)
        if max(one, other) > of_each - workers:
            break  # the last ones of a key may all be in somebody's hands
        assert abs(one - other) <= workers + 1  # each worker may be late to say what it has taken
