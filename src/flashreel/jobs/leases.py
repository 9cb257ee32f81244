"""A worker's lease on a job: taken, renewed, given back. It is written in the job's own row.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from flashreel.jobs import keys, observers
from flashreel.jobs.clock import lease_boot, lease_clock, wall_seconds
from flashreel.jobs.ending import CANCELLED, Hold, announce, fail, held, lapsed
from flashreel.jobs.schema import LIVE, jobs, specs
from flashreel.jobs.schema import keys as key_table
from flashreel.spec import GenerationSpec

LEASE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Claim(Hold):
    """A worker's hold, with what it is to make."""

    spec: GenerationSpec
    traceparent: str | None = field(default=None, compare=False)
    """The span of its submit (W3C), where that is traced."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a renewal learned."""

    cancel: bool


def _next(models: Collection[str]) -> sa.Select[Any]:
    """The job to take next for one of `models`: by its key's priority, then round robin over the keys, then by age.

    Queued and within its key's max_running, or abandoned by a worker whose lease lapsed.
    """
    # Counted once, not for every job that waits.
    running = (
        sa.select(jobs.c.key_id, sa.func.count().label("jobs"))
        .where(LIVE, jobs.c.state == "PROCESSING")
        .group_by(jobs.c.key_id)
        .subquery("running")
    )
    within = sa.func.coalesce(running.c.jobs, 0) < key_table.c.max_running
    waiting = sa.and_(jobs.c.state == "QUEUED", sa.or_(key_table.c.max_running.is_(None), within))
    return (
        sa.select(jobs.c.id, jobs.c.key_id, jobs.c.state, key_table.c.served)
        .join(key_table, key_table.c.id == jobs.c.key_id)
        .outerjoin(running, running.c.key_id == jobs.c.key_id)
        .where(LIVE, jobs.c.model.in_(models), sa.or_(waiting, lapsed()))
        .order_by(key_table.c.priority.desc(), key_table.c.served, jobs.c.created_at, jobs.c.id)
        .limit(1)
    )


def has_claimable(connection: sa.Connection, models: Collection[str]) -> bool:
    """Whether `claim` would find something: lets an idle worker look without taking the write lock."""
    return connection.scalar(_next(models)) is not None


def claim(
    connection: sa.Connection, worker: str, models: Collection[str], *, max_attempts: int, retention: float
) -> Claim | None:
    """Takes the next job for one of `models`: queued, or abandoned by a worker whose lease lapsed.

    A job that has been abandoned `max_attempts` times is FAILED `worker_lost` instead, and the next one is tried.
    """
    while True:
        looking = connection.begin_nested()
        found = connection.execute(_next(models).with_for_update(skip_locked=True, of=jobs)).first()
        if found is None:
            return None
        if found.state == "QUEUED" and keys.lock(connection, found.key_id) != found.served:
            # Another worker has taken one of this key's just now: it is another one's turn, or the key has all that it
            # may run. Both locks are let go, so that no two who hold a key's wait for one another's.
            looking.rollback()
            continue
        looking.commit()
        row = connection.execute(
            jobs.update()
            .where(jobs.c.id == found.id)
            .values(
                state="PROCESSING",
                stage="starting",
                progress=0.0,
                worker=worker,
                attempt=jobs.c.attempt + 1,
                lost=jobs.c.lost + sa.case((jobs.c.state == "PROCESSING", 1), else_=0),
                lease_boot=lease_boot(),
                lease_until=lease_clock() + LEASE_SECONDS,
                begun_at_boot=lease_clock(),
                moved_at_boot=lease_clock(),
                started_at=wall_seconds(),
                version=jobs.c.version + 1,
            )
            .returning(
                *(jobs.c.id, jobs.c.attempt, jobs.c.lost, jobs.c.cancel, jobs.c.key_id, jobs.c.callback),
                *(jobs.c.model, jobs.c.duration, jobs.c.aspect_ratio, jobs.c.traceparent),
                *(jobs.c.created_at, jobs.c.started_at),
            )
        ).one()
        taken = Hold(row.id, row.attempt)
        if row.cancel:  # its worker died before it could say so
            fail(connection, taken, "cancelled", CANCELLED, retention)
            continue
        if row.lost >= max_attempts:
            message = f"the worker was lost {row.lost} times while it made this video"
            fail(connection, taken, "worker_lost", message, retention)
            continue
        keys.take_turn(connection, row.key_id)
        if row.attempt == 1:
            announce(connection, row, "started", retention)
        text = connection.scalar(sa.select(specs.c.spec).where(specs.c.job_id == row.id))
        try:
            claim = Claim(row.id, row.attempt, GenerationSpec.model_validate_json(text or ""), row.traceparent)
        except ValidationError:
            # Accepted by another version of this code. Left in the queue it would end every worker that takes it.
            message = "this job was accepted by another version of the server, which this one cannot read"
            fail(connection, taken, "engine_failed", message, retention)
        else:
            observers.happened(
                *(connection, "started", row.id),
                attempt=row.attempt,
                waited=max(0.0, row.started_at - row.created_at),
                model=row.model,
                duration=row.duration,
                ratio=row.aspect_ratio,
            )
            return claim


def renew(connection: sa.Connection, claim: Hold, stage: str, progress: float) -> Renewal | None:
    """Extends the lease and writes the progress in one UPDATE; None when the job is no longer this claim's."""
    moved = sa.or_(jobs.c.stage != stage, jobs.c.progress != progress)
    row = connection.execute(
        held(claim)
        .values(
            lease_boot=lease_boot(),
            lease_until=lease_clock() + LEASE_SECONDS,
            moved_at_boot=sa.case((moved, lease_clock()), else_=jobs.c.moved_at_boot),
            version=jobs.c.version + sa.case((moved, 1), else_=0),
            stage=stage,
            progress=progress,
        )
        .returning(jobs.c.cancel)
    ).first()
    return None if row is None else Renewal(row.cancel)


def look(connection: sa.Connection, claim: Hold) -> Renewal | None:
    """What a renewal would learn, without writing."""
    row = connection.execute(
        sa.select(jobs.c.cancel).where(
            jobs.c.id == claim.id, jobs.c.attempt == claim.attempt, jobs.c.state == "PROCESSING"
        )
    ).first()
    return None if row is None else Renewal(row.cancel)


def give_back(connection: sa.Connection, claim: Hold) -> bool:
    """Returns a job to the queue in good order: its count of lost attempts stays."""
    given_back = bool(connection.execute(held(claim).values(**_REQUEUED)).rowcount)
    if given_back:
        observers.happened(connection, "given back", claim.id, attempt=claim.attempt, lost=False)
    return given_back


def give_back_all(connection: sa.Connection, worker: str, *, lost: bool) -> int:
    """Returns what a worker that is gone held to the queue at once; how many there were.

    `lost` counts an attempt that ended without an answer: the worker died, nobody stopped it.
    """
    held = jobs.update().where(LIVE, jobs.c.worker == worker, jobs.c.state == "PROCESSING")
    values = {**_REQUEUED, "lost": jobs.c.lost + int(lost)}
    given_back = connection.execute(held.values(**values).returning(jobs.c.id, jobs.c.attempt)).all()
    for row in given_back:
        observers.happened(connection, "given back", row.id, attempt=row.attempt, lost=lost)
    return len(given_back)


_REQUEUED: dict[str, Any] = {
    "state": "QUEUED",
    "stage": "queued",
    "progress": 0.0,
    "worker": None,
    "lease_boot": None,
    "lease_until": None,
    "started_at": None,
    "version": jobs.c.version + 1,
}


@dataclass(frozen=True, slots=True)
class Running:
    """A job in a worker's hands: seconds since this attempt began and since it last moved."""

    hold: Hold
    worker: str
    age: float
    still: float


def running(connection: sa.Connection, workers: Collection[str]) -> list[Running]:
    """What these workers hold now."""
    age = (lease_clock() - jobs.c.begun_at_boot).label("age")
    still = (lease_clock() - jobs.c.moved_at_boot).label("still")
    query = sa.select(jobs.c.id, jobs.c.attempt, jobs.c.worker, age, still).where(
        LIVE, jobs.c.state == "PROCESSING", jobs.c.worker.in_(workers), jobs.c.lease_boot == lease_boot()
    )
    return [Running(Hold(row.id, row.attempt), row.worker, row.age, row.still) for row in connection.execute(query)]
