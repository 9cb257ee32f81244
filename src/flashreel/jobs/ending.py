"""How jobs end: completed, failed or cancelled, each exactly once, with their money and what is to be told of it.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from flashreel.errors import JobErrorCode
from flashreel.jobs import keys, observers, outbox, webhooks
from flashreel.jobs.clock import lease_boot, lease_clock, wall_seconds
from flashreel.jobs.schema import LIVE, jobs, specs
from flashreel.jobs.store import Job, State, get, read_job, select_jobs

CANCELLED = "the job was cancelled"


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on a job. `attempt` is the fence: whoever has an older one can change nothing."""

    id: str
    attempt: int


def held(claim: Hold) -> sa.Update:
    return jobs.update().where(jobs.c.id == claim.id, jobs.c.attempt == claim.attempt, jobs.c.state == "PROCESSING")


def lapsed() -> sa.ColumnElement[bool]:
    return sa.and_(
        jobs.c.state == "PROCESSING", sa.or_(jobs.c.lease_boot != lease_boot(), jobs.c.lease_until < lease_clock())
    )


def complete(
    connection: sa.Connection,
    claim: Hold,
    result: Mapping[str, Any],
    warnings: Sequence[str],
    retention: float,
    stages: Mapping[str, float] | None = None,
) -> State | None:
    """COMPLETED: publishes `result`, adds `warnings` and charges the price; FAILED, and released, where a cancel came
    before. Which of them it was; None when the job is no longer ours. `stages` are the seconds that each took."""
    query = sa.select(jobs.c.warnings, jobs.c.cancel).where(jobs.c.id == claim.id)
    known = connection.execute(query.with_for_update()).first()  # no cancel comes in between
    if known is not None and known.cancel:
        return "FAILED" if fail(connection, claim, "cancelled", CANCELLED, retention, stages) else None
    texts = [*json.loads((known and known.warnings) or "[]"), *warnings]
    values = {
        "state": "COMPLETED",
        "result": json.dumps(dict(result)),
        "file_size": sum(file["file_size"] for file in (result, *result.get("stills", {}).values())),
        "warnings": json.dumps(texts),
        "progress": 1.0,
    }
    return "COMPLETED" if _finish(connection, claim, values, retention, stages) else None


def fail(
    connection: sa.Connection,
    claim: Hold,
    code: JobErrorCode,
    message: str,
    retention: float,
    stages: Mapping[str, float] | None = None,
) -> bool:
    """FAILED: keeps the reason and releases the hold. False when the job is no longer ours."""
    return _finish(connection, claim, {"state": "FAILED", "error": message, "error_code": code}, retention, stages)


def _finish(
    connection: sa.Connection,
    claim: Hold,
    values: Mapping[str, Any],
    retention: float,
    stages: Mapping[str, float] | None,
) -> bool:
    """The only way to a terminal state: guarded by the fence, with the money in the same transaction."""
    now = wall_seconds()
    completed = values["state"] == "COMPLETED"
    row = connection.execute(
        held(claim)
        .values(
            stage="done",
            worker=None,
            lease_boot=None,
            lease_until=None,
            cost=jobs.c.price if completed else 0,
            finished_at=now,
            expires_at=now + retention,
            version=jobs.c.version + 1,
            stages=None if stages is None else json.dumps({name: round(took, 3) for name, took in stages.items()}),
            **values,
        )
        .returning(
            *(jobs.c.id, jobs.c.key_id, jobs.c.price, jobs.c.callback, jobs.c.model, jobs.c.cost),
            *(jobs.c.created_at, jobs.c.started_at),
        )
    ).first()
    if row is None:
        return False
    if completed:
        keys.settle(connection, row.key_id, claim.id)
    else:
        keys.release(connection, row.key_id, claim.id, row.price)
    announce(connection, row, "COMPLETED" if completed else "FAILED", retention)
    code = values.get("error_code")
    observers.happened(
        *(connection, "completed" if completed else "cancelled" if code == "cancelled" else "failed", row.id),
        attempt=claim.attempt,
        model=row.model,
        code=code,
        error=values.get("error"),
        cost=row.cost,
        seconds=None if row.started_at is None else max(0.0, now - row.started_at),
        stages=stages,
    )
    return True


def announce(connection: sa.Connection, row: sa.Row[Any], moment: webhooks.Moment, retention: float) -> None:
    """Writes what is to be told of a job, as it is now, into the outbox."""
    notes = webhooks.notes(connection, row.key_id, row.callback, moment)
    if notes:
        job = asdict(read_job(connection.execute(select_jobs().where(jobs.c.id == row.id)).one()))
        echo = connection.scalar(sa.select(specs.c.echo).where(specs.c.job_id == row.id))
        more = {"echo": json.loads(echo or "{}"), "base": webhooks.base_of(row.callback)}
        outbox.write(connection, notes, job, more, wall_seconds() + retention + outbox.TEXT_SECONDS)


def cancel(connection: sa.Connection, job_id: str, key_id: str | None, retention: float) -> Job | None:
    """Ends a live job: at once where no worker has it, else as soon as its worker looks. A terminal one is left alone.

    The job as it is then; None when there is none of that id (of that key, where one is given).
    """
    job = get(connection, job_id, key_id)
    if job is None or job.is_terminal:
        return job
    _lock(connection, job_id)  # what its worker does meanwhile waits, or is seen below
    if (taken := _take(connection, job_id)) is not None:
        fail(connection, taken, "cancelled", CANCELLED, retention)
    else:
        flag = jobs.update().where(jobs.c.id == job_id, jobs.c.state == "PROCESSING")
        connection.execute(flag.values(cancel=sa.true(), version=jobs.c.version + 1))
    return get(connection, job_id, key_id)


def _lock(connection: sa.Connection, job_id: str) -> None:
    """Until this transaction ends no other one changes this job. SQLite's writers take turns anyway."""
    connection.scalar(sa.select(jobs.c.id).where(jobs.c.id == job_id).with_for_update())


def fail_unservable(connection: sa.Connection, models: Collection[str], retention: float) -> int:
    """Ends jobs for models that are no longer offered: nobody would ever take them. How many there were."""
    waiting = sa.or_(jobs.c.state == "QUEUED", lapsed())
    query = sa.select(jobs.c.id, jobs.c.model).where(LIVE, waiting, jobs.c.model.not_in(models))
    # Whoever wants both takes the job's lock before its key's, so no two wait for one another; what another one has
    # just now is left to it.
    found = connection.execute(query.order_by(jobs.c.key_id).with_for_update(skip_locked=True))
    ended = 0
    for row in found.all():
        if (taken := _take(connection, row.id)) is not None:
            message = f"the model {row.model!r} is no longer offered here"
            ended += fail(connection, taken, "engine_failed", message, retention)
    return ended


def _take(connection: sa.Connection, job_id: str) -> Hold | None:
    """Takes a job that no worker has, only to end it: so that there is one way to end a job, with its fence."""
    free = jobs.update().where(jobs.c.id == job_id, LIVE, sa.or_(jobs.c.state == "QUEUED", lapsed()))
    taken = free.values(state="PROCESSING", attempt=jobs.c.attempt + 1).returning(jobs.c.attempt)
    attempt = connection.scalar(taken)
    return None if attempt is None else Hold(job_id, attempt)


def to_cancel(connection: sa.Connection) -> list[str]:
    """Jobs that `cancel` is to end now: those whose caller wanted an end by now, and, once more, cancelled ones whose
    worker went before it could end them."""
    gone = sa.or_(jobs.c.state == "QUEUED", lapsed())
    over = sa.and_(jobs.c.cancel.is_(sa.false()), jobs.c.cancel_at <= wall_seconds())
    return list(connection.scalars(sa.select(jobs.c.id).where(LIVE, sa.or_(sa.and_(jobs.c.cancel, gone), over))))
