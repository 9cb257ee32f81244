"""A job store for tests, with a clock that only moves when it is told to."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from flashreel.api import limits
from flashreel.jobs import (
    ending,
    idempotency,
    keys,
    leader,
    leases,
    outbox,
    overview,
    rates,
    repeats,
    retention,
    retry,
    store,
    uploads,
    webhooks,
    workers,
)
from flashreel.jobs.database import Database
from flashreel.jobs.leases import Claim
from flashreel.jobs.schema import keys as key_table
from flashreel.jobs.schema import ledger
from flashreel.jobs.store import Job
from flashreel.spec import GenerationSpec

MODEL: Final = "tiny"
PRICE: Final = 375_000
CREDITS: Final = 10_000_000
RETENTION: Final = 3600.0
RESULT: Final[dict[str, Any]] = {
    "path": "nowhere.mp4",
    "content_type": "video/mp4",
    "file_name": "tiny.mp4",
    "file_size": 5,
    "width": 160,
    "height": 90,
    "fps": 24.0,
    "frames": 121,
    "understood": 1.0,
}


@dataclass
class Clock:
    """Both clocks of `flashreel.jobs.clock`, in seconds, and the boot's id."""

    wall: float = 1_800_000_000.0
    boot: float = 1_000.0
    boot_name: str = "boot-1"

    def advance(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        told = (ending, idempotency, keys, leases, outbox, overview, repeats, retention, retry)
        for module in (*told, store, uploads, webhooks):
            monkeypatch.setattr(module, "wall_seconds", lambda: self.wall)
        monkeypatch.setattr(outbox, "wall_clock", lambda: sa.literal(self.wall, sa.Float))
        for module in (leader, limits):
            monkeypatch.setattr(module, "boot_seconds", lambda: self.boot)
        for module in (ending, leader, leases, overview, rates, workers):
            monkeypatch.setattr(module, "lease_clock", lambda: sa.literal(self.boot, sa.Float))
        for module in (ending, leader, leases, workers):
            monkeypatch.setattr(module, "lease_boot", lambda: sa.literal(self.boot_name, sa.String))


@cache
def _empty_store() -> bytes:
    """The file of a store without a row, made once: tests want hundreds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flashreel.db"
        database = Database(file)
        database.create()
        database.close()
        return file.read_bytes()


def open_database(folder: Path) -> Database:
    """The store of this data folder, made where there is none."""
    file = folder / "flashreel.db"
    if folder.is_dir() and not file.exists():
        file.write_bytes(_empty_store())
    database = Database(file)
    database.create()
    return database


def a_spec(**changes: Any) -> GenerationSpec:
    values = {"model": MODEL, "prompt": "a fox", "aspect_ratio": "16:9", "width": 160, "height": 90, "duration": 5}
    return GenerationSpec(**{**values, "seed": 7, **changes})


def new_key(database: Database, credits: int = CREDITS, priority: int = 0) -> str:
    """The id of a new key."""
    with database.transaction() as connection:
        key, _ = keys.create_key(connection, "test", credits)
        connection.execute(key_table.update().where(key_table.c.id == key.id).values(priority=priority))
    return key.id


def submit(database: Database, key_id: str, price: int = PRICE, **changes: Any) -> Job:
    """A job that was accepted."""
    with database.transaction() as connection:
        job = store.submit(connection, key_id, a_spec(**changes), dialect="segmind", engine="animatic", price=price)
    assert job is not None
    return job


def claim(database: Database, worker: str = "w1", *models: str, max_attempts: int = 3) -> Claim | None:
    with database.transaction() as connection:
        return leases.claim(connection, worker, models or (MODEL,), max_attempts=max_attempts, retention=RETENTION)


def claimed(database: Database, worker: str = "w1") -> Claim:
    """A claim, where there must be something to claim."""
    taken = claim(database, worker)
    assert taken is not None
    return taken


def complete(database: Database, taken: Claim, **changes: Any) -> bool:
    with database.transaction() as connection:
        return ending.complete(connection, taken, {**RESULT, **changes}, (), RETENTION) == "COMPLETED"


def fail(database: Database, taken: Claim) -> bool:
    with database.transaction() as connection:
        return ending.fail(connection, taken, "engine_failed", "the engine failed", RETENTION)


def find(database: Database, job_id: str) -> Job | None:
    with database.reading() as connection:
        return store.get(connection, job_id)


def get(database: Database, job_id: str) -> Job:
    """A job that must be there."""
    job = find(database, job_id)
    assert job is not None
    return job


def credits_of(database: Database, key_id: str) -> int:
    """What the key can spend, which must be the sum of its ledger."""
    with database.reading() as connection:
        key = keys.get_key(connection, key_id)
        total = connection.scalar(sa.select(sa.func.sum(ledger.c.amount)).where(ledger.c.key_id == key_id))
    assert key is not None
    assert key.credits == (total or 0)
    return key.credits


def ledger_of(database: Database, job_id: str) -> list[tuple[str, int]]:
    """What happened to a job's money, in order: kind and micro-credits."""
    query = sa.select(ledger.c.kind, ledger.c.amount).where(ledger.c.job_id == job_id).order_by(ledger.c.id)
    with database.reading() as connection:
        return [(row.kind, row.amount) for row in connection.execute(query)]
