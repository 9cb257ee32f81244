"""The store against a model of itself, in any order: nothing lost, nothing finished or charged twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from flashreel.jobs import ending, idempotency, keys, leases, queue, retention, store
from flashreel.jobs.database import Database
from flashreel.jobs.idempotency import KEPT_SECONDS
from flashreel.jobs.leases import LEASE_SECONDS, Claim
from flashreel.jobs.schema import jobs, ledger, specs
from flashreel.jobs.schema import keys as key_table
from tests.support.postgres import empty
from tests.support.store import MODEL, RESULT, Clock, a_spec, find, new_key

MAX_ATTEMPTS = 2
KEEP_SECONDS = 100.0
FILE_SIZE = RESULT["file_size"]
WORKERS = st.sampled_from(["w1", "w2"])
KEYS = st.integers(0, 1)


@dataclass
class ExpectedKey:
    """What the model believes of one key."""

    credits: int
    turn: int = 0  # when it was served last
    priority: int = 0
    max_running: int | None = None


@dataclass
class Expected:
    """What the model believes of one job."""

    key: str
    price: int
    state: str = "QUEUED"
    attempt: int = 0
    lost: int = 0
    worker: str | None = None
    cancel: bool = False
    lease_until: float = 0.0
    finished_at: float | None = None
    expires_at: float | None = None
    swept: bool = False
    versions: list[int] = field(default_factory=lambda: [1])

    @property
    def over(self) -> bool:
        return self.state in ("COMPLETED", "FAILED")


class StoreMachine(RuleBasedStateMachine):
    claims: Bundle[Claim] = Bundle("claims")
    ids: Bundle[str] = Bundle("ids")

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock()
        self.clock.install(self.patch)
        self.database = database
        empty(database)
        self.jobs: dict[str, Expected] = {}
        self.keys: dict[str, ExpectedKey] = {}
        self.tokens: dict[tuple[str, str], tuple[str, str, float]] = {}  # (key, token): body, job, when

    def teardown(self) -> None:
        self.patch.undo()

    @initialize()
    def some_keys(self) -> None:
        for credits in (1000, 30):
            self.keys[new_key(self.database, credits)] = ExpectedKey(credits)

    # --- what callers and operators do

    @rule(target=ids, which=KEYS, price=st.sampled_from([0, 10, 25]))
    def submit(self, which: int, price: int) -> str | MultipleResults[str]:
        key = self._key(which)
        self.clock.advance(0.5)
        with self.database.transaction() as connection:
            job_id = self._submit(connection, key, price)
        return multiple() if job_id is None else job_id

    @rule(target=ids, which=KEYS, token=st.sampled_from(["t1", "t2"]), body=st.sampled_from(["a", "b"]))
    def submit_once(self, which: int, token: str, body: str) -> str | MultipleResults[str]:
        """As the API does: looks for the token and accepts the job in one transaction."""
        key = self._key(which)
        self.clock.advance(0.5)
        known = self.tokens.get((key, token))
        with self.database.transaction() as connection:
            earlier = idempotency.find(connection, key, token)
            if known is not None and known[2] > self.clock.wall - KEPT_SECONDS:
                assert earlier is not None
                assert (earlier.body_hash, earlier.job_id, earlier.created_at) == known
                return multiple()
            assert earlier is None
            job_id = self._submit(connection, key, 10)
            if job_id is None:
                return multiple()
            idempotency.remember(
                connection, key, token, body, job_id=job_id, created_at=self.clock.wall, warnings=("w",)
            )
        self.tokens[key, token] = (body, job_id, self.clock.wall)
        return job_id

    @rule(job_id=ids)
    def cancel(self, job_id: str) -> None:
        job = self.jobs[job_id]
        with self.database.transaction() as connection:
            now = ending.cancel(connection, job_id, None, KEEP_SECONDS)
        if not self._visible(job):
            assert now is None
            return
        assert now is not None
        self._is_cancelled(job)
        assert now.state == job.state

    @rule(job_id=ids)
    def delete(self, job_id: str) -> None:
        """As the API does with a finished job."""
        job = self.jobs[job_id]
        with self.database.transaction() as connection:
            retention.expire(connection, [job_id])
        if job.over:
            job.expires_at = self.clock.wall

    @rule(which=KEYS, max_running=st.sampled_from([None, 1, 2]), priority=st.sampled_from([0, 1]))
    def set_limits(self, which: int, max_running: int | None, priority: int) -> None:
        key = self._key(which)
        with self.database.transaction() as connection:
            keys.set_limits(connection, key, {"max_running": max_running, "priority": priority})
        self.keys[key].max_running, self.keys[key].priority = max_running, priority

    # --- what workers do

    @rule(target=claims, worker=WORKERS)
    def claim(self, worker: str) -> Claim | MultipleResults[Claim]:
        with self.database.transaction() as connection:
            taken = leases.claim(connection, worker, [MODEL], max_attempts=MAX_ATTEMPTS, retention=KEEP_SECONDS)
        while (next_id := self._next()) is not None:
            job = self.jobs[next_id]
            job.attempt += 1
            job.lost += job.state == "PROCESSING"
            if not job.cancel and job.lost < MAX_ATTEMPTS:
                assert taken == Claim(next_id, job.attempt, a_spec())
                job.state, job.worker, job.lease_until = "PROCESSING", worker, self.clock.boot + LEASE_SECONDS
                self.keys[job.key].turn = max(key.turn for key in self.keys.values()) + 1
                return taken
            self._ends(job, "FAILED")
        assert taken is None
        return multiple()

    @rule(claim=claims, progress=st.sampled_from([0.1, 0.9]))
    def renew(self, claim: Claim, progress: float) -> None:
        with self.database.transaction() as connection:
            looked = leases.look(connection, claim)
            renewed = leases.renew(connection, claim, "rendering", progress)
        assert looked == renewed
        assert (renewed is not None) == self._holds(claim)
        if renewed is not None:
            assert renewed.cancel == self.jobs[claim.id].cancel
            self.jobs[claim.id].lease_until = self.clock.boot + LEASE_SECONDS

    @rule(claim=claims)
    def give_back(self, claim: Claim) -> None:
        with self.database.transaction() as connection:
            assert leases.give_back(connection, claim) == self._holds(claim)
        if self._holds(claim):
            self.jobs[claim.id].state, self.jobs[claim.id].worker = "QUEUED", None

    @rule(claim=claims)
    def complete(self, claim: Claim) -> None:
        self.clock.advance(0.01)  # no two files at once, so that it is known which is older
        with self.database.transaction() as connection:
            end = ending.complete(connection, claim, RESULT, (), KEEP_SECONDS)
        if not self._holds(claim):
            assert end is None
            return
        assert end == ("FAILED" if self.jobs[claim.id].cancel else "COMPLETED")
        self._ends(self.jobs[claim.id], end)

    @rule(claim=claims)
    def fail(self, claim: Claim) -> None:
        with self.database.transaction() as connection:
            assert ending.fail(connection, claim, "engine_failed", "no", KEEP_SECONDS) == self._holds(claim)
        if self._holds(claim):
            self._ends(self.jobs[claim.id], "FAILED")

    # --- what happens to them

    @rule(worker=WORKERS, lost=st.booleans())
    def a_worker_is_gone(self, worker: str, lost: bool) -> None:
        held = [job for job in self.jobs.values() if job.state == "PROCESSING" and job.worker == worker]
        with self.database.transaction() as connection:
            assert leases.give_back_all(connection, worker, lost=lost) == len(held)
        for job in held:
            job.state, job.worker = "QUEUED", None
            job.lost += lost

    @rule()
    def the_watchdog_finds_a_job_past_its_deadline(self) -> None:
        with self.database.transaction() as connection:
            for job in leases.running(connection, ["w1", "w2"]):
                expected = self.jobs[job.hold.id]
                assert (expected.state, expected.attempt, expected.worker) == (
                    "PROCESSING",
                    job.hold.attempt,
                    job.worker,
                )
                if job.age > LEASE_SECONDS:
                    assert ending.fail(connection, job.hold, "deadline_exceeded", "late", KEEP_SECONDS)
                    self._ends(expected, "FAILED")

    @rule(seconds=st.sampled_from([1.0, LEASE_SECONDS + 1, KEPT_SECONDS]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def the_host_boots(self) -> None:
        self.clock.boot, self.clock.boot_name = 1.0, self.clock.boot_name + "+"
        for job in self.jobs.values():
            job.lease_until = 0.0

    # --- what the keeper does

    @rule()
    def the_keeper_ends_what_was_to_cancel(self) -> None:
        left = {
            job_id for job_id, job in self.jobs.items() if job.cancel and (job.state == "QUEUED" or self._lapsed(job))
        }
        with self.database.transaction() as connection:
            found = ending.to_cancel(connection)
            for job_id in found:
                ending.cancel(connection, job_id, None, KEEP_SECONDS)
        assert set(found) == left
        for job_id in found:
            self._is_cancelled(self.jobs[job_id])

    @rule(files=st.integers(0, 2))
    def the_keeper_makes_room(self, files: int) -> None:
        kept = [(job.finished_at, job_id) for job_id, job in self.jobs.items() if job.state == "COMPLETED"]
        oldest_first = [job_id for _, job_id in sorted(kept) if not self.jobs[job_id].swept]
        going = oldest_first[: max(0, len(oldest_first) - files)]
        with self.database.transaction() as connection:
            assert retention.over_quota(connection, files * FILE_SIZE + 1) == going
            retention.expire(connection, going)
        for job_id in going:
            self.jobs[job_id].expires_at = self.clock.wall

    @rule(wait=st.booleans())
    def sweep(self, wait: bool) -> None:
        if wait:
            self.clock.wall += KEEP_SECONDS
        over = {job_id for job_id, job in self.jobs.items() if not job.swept and not self._visible(job)}
        with self.database.transaction() as connection:
            due = retention.due(connection)
            retention.sweep(connection, due)
        assert set(due) == over
        for job_id in due:
            self.jobs[job_id].swept = True

    @rule()
    def tokens_past_their_day_are_forgotten(self) -> None:
        old = [token for token, (_, _, at) in self.tokens.items() if at <= self.clock.wall - KEPT_SECONDS]
        with self.database.transaction() as connection:
            assert idempotency.forget(connection) == len(old)
        for token in old:
            del self.tokens[token]

    # --- what always holds

    @invariant()
    def every_accepted_job_is_as_expected_and_money_follows_delivery(self) -> None:
        with self.database.reading() as connection:
            rows = {row.id: row for row in connection.execute(sa.select(jobs))}
            kept = set(connection.scalars(sa.select(specs.c.job_id)))
            entries = list(connection.execute(sa.select(ledger).order_by(ledger.c.id)))
            credits = {row.id: row.credits for row in connection.execute(sa.select(key_table))}
            assert keys.check_ledger(connection) == []
        assert set(rows) == set(self.jobs)
        assert kept == {job_id for job_id, job in self.jobs.items() if not job.swept}
        for job_id, job in self.jobs.items():
            row = rows[job_id]
            cost = {"COMPLETED": job.price, "FAILED": 0}.get(job.state)
            assert (row.state, row.attempt, row.lost, row.worker) == (job.state, job.attempt, job.lost, job.worker)
            assert (row.cost, row.expires_at, row.finished_at) == (cost, job.expires_at, job.finished_at)
            end = {"COMPLETED": [("settle", 0)], "FAILED": [("release", job.price)]}.get(job.state, [])
            found = [(entry.kind, entry.amount) for entry in entries if entry.job_id == job_id]
            assert found == [("hold", -job.price), *end]
            assert (find(self.database, job_id) is not None) == self._visible(job)
            assert row.version >= job.versions[-1]
            job.versions.append(row.version)
        assert credits == {key_id: key.credits for key_id, key in self.keys.items()}
        assert min(credits.values()) >= 0

    @invariant()
    def the_queue_is_told_in_the_order_it_is_taken_in(self) -> None:
        with self.database.reading() as connection:
            told = queue.positions(connection, [MODEL])
            counts = queue.count_by_state(connection)
        queued = [job_id for job_id, job in self.jobs.items() if job.state == "QUEUED"]
        assert sorted(told) == sorted(queued)
        assert counts == {
            state: sum(job.state == state for job in self.jobs.values()) for state in ("QUEUED", "PROCESSING")
        }
        free = all(key.max_running is None for key in self.keys.values())
        if told and free and counts["PROCESSING"] == 0:
            assert told[0] == self._next()

    # --- the model

    def _key(self, which: int) -> str:
        return list(self.keys)[which]

    def _submit(self, connection: sa.Connection, key: str, price: int) -> str | None:
        job = store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=price)
        assert (job is not None) == (self.keys[key].credits >= price)
        if job is None:
            return None
        self.keys[key].credits -= price
        self.jobs[job.id] = Expected(key, price)
        return job.id

    def _next(self) -> str | None:
        """By priority, then round robin over the keys, then in the order they were accepted."""
        running = dict.fromkeys(self.keys, 0)
        for job in self.jobs.values():
            running[job.key] += job.state == "PROCESSING"

        def may_go(job: Expected) -> bool:
            limit = self.keys[job.key].max_running
            return self._lapsed(job) or (job.state == "QUEUED" and (limit is None or running[job.key] < limit))

        able = [job_id for job_id, job in self.jobs.items() if may_go(job)]
        keyed = {job_id: self.keys[self.jobs[job_id].key] for job_id in able}
        return min(able, key=lambda job_id: (-keyed[job_id].priority, keyed[job_id].turn), default=None)

    def _lapsed(self, job: Expected) -> bool:
        return job.state == "PROCESSING" and job.lease_until < self.clock.boot

    def _visible(self, job: Expected) -> bool:
        return not job.swept and (job.expires_at is None or job.expires_at > self.clock.wall)

    def _holds(self, claim: Claim) -> bool:
        job = self.jobs[claim.id]
        return job.state == "PROCESSING" and job.attempt == claim.attempt

    def _is_cancelled(self, job: Expected) -> None:
        if job.state == "QUEUED" or self._lapsed(job):
            job.attempt += 1
            self._ends(job, "FAILED")
        elif job.state == "PROCESSING":
            job.cancel = True

    def _ends(self, job: Expected, state: str) -> None:
        job.state, job.worker, job.finished_at = state, None, self.clock.wall
        job.expires_at = self.clock.wall + KEEP_SECONDS
        if state == "FAILED":
            self.keys[job.key].credits += job.price


def test_the_store_is_as_its_model(database: Database) -> None:
    class Machine(StoreMachine):
        def __init__(self) -> None:
            super().__init__(database)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=8 if database.is_shared else 20,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
