"""The store against a model of itself, in any order: nothing lost, nothing finished or charged twice."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, initialize, invariant, multiple, rule

from flashreel.jobs import retention, store
from flashreel.jobs.schema import jobs, keys, ledger, specs
from flashreel.jobs.store import LEASE_SECONDS, Claim
from tests.support.store import MODEL, RESULT, Clock, a_spec, find, new_key, open_database

MAX_ATTEMPTS = 2
KEEP_SECONDS = 100.0
WORKERS = st.sampled_from(["w1", "w2"])


@dataclass
class Expected:
    """What the model believes of one job."""

    key: str
    price: int
    state: str = "QUEUED"
    attempt: int = 0
    lost: int = 0
    worker: str | None = None
    lease_until: float = 0.0
    expires_at: float | None = None
    swept: bool = False

    @property
    def over(self) -> bool:
        return self.state in ("COMPLETED", "FAILED")


class StoreMachine(RuleBasedStateMachine):
    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock()
        self.clock.install(self.patch)
        self.folder = Path(tempfile.mkdtemp())
        self.database = open_database(self.folder)
        self.jobs: dict[str, Expected] = {}
        self.credits: dict[str, int] = {}
        self.turns: dict[str, int] = {}  # when each key was served last

    def teardown(self) -> None:
        self.database.close()
        self.patch.undo()
        shutil.rmtree(self.folder)

    @initialize()
    def some_keys(self) -> None:
        for credits in (1000, 30):
            self.credits[new_key(self.database, credits)] = credits

    # --- what callers do

    @rule(which=st.integers(0, 1), price=st.sampled_from([0, 10, 25]))
    def submit(self, which: int, price: int) -> None:
        key = list(self.credits)[which]
        self.clock.advance(0.5)
        with self.database.transaction() as connection:
            job = store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=price)
        assert (job is not None) == (self.credits[key] >= price)
        if job is not None:
            self.credits[key] -= price
            self.jobs[job.id] = Expected(key, price)

    # --- what workers do

    @rule(target=claims, worker=WORKERS)
    def claim(self, worker: str) -> Claim | MultipleResults[Claim]:
        with self.database.transaction() as connection:
            taken = store.claim(connection, worker, [MODEL], max_attempts=MAX_ATTEMPTS, retention=KEEP_SECONDS)
        # Round robin over the keys, then in the order they were accepted.
        for job_id, job in sorted(self.jobs.items(), key=lambda item: self.turns.get(item[1].key, 0)):
            lapsed = job.state == "PROCESSING" and job.lease_until < self.clock.boot
            if job.state != "QUEUED" and not lapsed:
                continue
            job.attempt += 1
            job.lost += lapsed
            if job.lost < MAX_ATTEMPTS:
                assert taken == Claim(job_id, job.attempt, a_spec())
                job.state, job.worker, job.lease_until = "PROCESSING", worker, self.clock.boot + LEASE_SECONDS
                self.turns[job.key] = max(self.turns.values(), default=0) + 1
                return taken
            self._ends(job, "FAILED")
        assert taken is None
        return multiple()

    @rule(claim=claims, progress=st.sampled_from([0.1, 0.9]))
    def renew(self, claim: Claim, progress: float) -> None:
        with self.database.transaction() as connection:
            renewed = store.renew(connection, claim, "rendering", progress)
        assert (renewed is not None) == self._holds(claim)
        if renewed is not None:
            self.jobs[claim.id].lease_until = self.clock.boot + LEASE_SECONDS

    @rule(claim=claims)
    def give_back(self, claim: Claim) -> None:
        with self.database.transaction() as connection:
            assert store.give_back(connection, claim) == self._holds(claim)
        if self._holds(claim):
            self.jobs[claim.id].state, self.jobs[claim.id].worker = "QUEUED", None

    @rule(claim=claims)
    def complete(self, claim: Claim) -> None:
        with self.database.transaction() as connection:
            assert store.complete(connection, claim, RESULT, (), KEEP_SECONDS) == self._holds(claim)
        if self._holds(claim):
            self._ends(self.jobs[claim.id], "COMPLETED")

    @rule(claim=claims)
    def fail(self, claim: Claim) -> None:
        with self.database.transaction() as connection:
            assert store.fail(connection, claim, "engine_failed", "no", KEEP_SECONDS) == self._holds(claim)
        if self._holds(claim):
            self._ends(self.jobs[claim.id], "FAILED")

    # --- what happens to them

    @rule(worker=WORKERS, lost=st.booleans())
    def a_worker_is_gone(self, worker: str, lost: bool) -> None:
        held = [job for job in self.jobs.values() if job.state == "PROCESSING" and job.worker == worker]
        with self.database.transaction() as connection:
            assert store.give_back_all(connection, worker, lost=lost) == len(held)
        for job in held:
            job.state, job.worker = "QUEUED", None
            job.lost += lost

    @rule(seconds=st.sampled_from([1.0, LEASE_SECONDS + 1]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def the_host_boots(self) -> None:
        self.clock.boot, self.clock.boot_name = 1.0, self.clock.boot_name + "+"
        for job in self.jobs.values():
            job.lease_until = 0.0

    @rule()
    def somebody_looks(self) -> None:
        for job_id, job in self.jobs.items():
            visible = job.expires_at is None or job.expires_at > self.clock.wall
            assert (find(self.database, job_id) is not None) == (visible and not job.swept)

    @rule(wait=st.booleans())
    def sweep(self, wait: bool) -> None:
        if wait:
            self.clock.wall += KEEP_SECONDS
        over = {
            job_id
            for job_id, job in self.jobs.items()
            if not job.swept and job.expires_at is not None and job.expires_at <= self.clock.wall
        }
        with self.database.transaction() as connection:
            due = retention.due(connection)
            retention.sweep(connection, due)
        assert set(due) == over
        for job_id in due:
            self.jobs[job_id].swept = True

    # --- what always holds

    @invariant()
    def every_accepted_job_is_as_expected_and_money_follows_delivery(self) -> None:
        with self.database.reading() as connection:
            rows = {row.id: row for row in connection.execute(sa.select(jobs))}
            kept = set(connection.scalars(sa.select(specs.c.job_id)))
            entries = list(connection.execute(sa.select(ledger).order_by(ledger.c.id)))
            credits = {row.id: row.credits for row in connection.execute(sa.select(keys.c.id, keys.c.credits))}
        assert set(rows) == set(self.jobs)
        assert kept == {job_id for job_id, job in self.jobs.items() if not job.swept}
        for job_id, job in self.jobs.items():
            row = rows[job_id]
            cost = {"COMPLETED": job.price, "FAILED": 0}.get(job.state)
            assert (row.state, row.attempt, row.lost, row.worker) == (job.state, job.attempt, job.lost, job.worker)
            assert (row.cost, row.expires_at) == (cost, job.expires_at)
            end = {"COMPLETED": [("settle", 0)], "FAILED": [("release", job.price)]}.get(job.state, [])
            found = [(entry.kind, entry.amount) for entry in entries if entry.job_id == job_id]
            assert found == [("hold", -job.price), *end]
        assert credits == self.credits
        for key, left in self.credits.items():
            assert left == sum(entry.amount for entry in entries if entry.key_id == key) >= 0

    def _holds(self, claim: Claim) -> bool:
        job = self.jobs[claim.id]
        return job.state == "PROCESSING" and job.attempt == claim.attempt

    def _ends(self, job: Expected, state: str) -> None:
        job.state, job.worker, job.expires_at = state, None, self.clock.wall + KEEP_SECONDS
        if state == "FAILED":
            self.credits[job.key] += job.price


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
