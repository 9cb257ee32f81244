"""The only door to the jobs table. A job's row is also its place in the queue, its lease and its status.

Every function runs inside the caller's transaction, so that a job, its money and its events change together.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import ValidationError

from flashreel.errors import JobErrorCode
from flashreel.jobs import keys, outbox, queue, webhooks
from flashreel.jobs.clock import lease_boot, lease_clock, wall_seconds
from flashreel.jobs.schema import LIVE, UNSWEPT, jobs, specs
from flashreel.jobs.schema import keys as key_table
from flashreel.spec import AssetImage, GenerationSpec

State = Literal["QUEUED", "PROCESSING", "COMPLETED", "FAILED"]

LEASE_SECONDS = 15.0
CANCELLED = "the job was cancelled"
_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Job:
    """One row. Times are wall seconds, money is micro-credits; `result` is what `complete` stored, `credits` what the
    job's key can still spend; `unread` holds until somebody asks for a job whose client repeats its submits."""

    id: str
    key_id: str
    dialect: str
    model: str
    state: State
    stage: str
    progress: float
    seed: int
    duration: int
    aspect_ratio: str
    warnings: tuple[str, ...]
    result: Mapping[str, Any] | None
    error: str | None
    error_code: JobErrorCode | None
    price: int
    cost: int | None
    credits: int
    attempt: int
    version: int
    unread: bool
    created_at: float
    started_at: float | None
    finished_at: float | None
    expires_at: float | None

    @property
    def is_terminal(self) -> bool:
        return self.state in ("COMPLETED", "FAILED")


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on a job. `attempt` is the fence: whoever has an older one can change nothing."""

    id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Claim(Hold):
    """A worker's hold, with what it is to make."""

    spec: GenerationSpec


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a renewal learned."""

    cancel: bool


_COLUMNS = [
    jobs.c[name]
    for name in (
        *("id", "key_id", "dialect", "model", "state", "stage", "progress", "seed", "duration", "aspect_ratio"),
        *("warnings", "result", "error", "error_code", "price", "cost", "attempt", "version", "unread", "created_at"),
        *("started_at", "finished_at", "expires_at"),
    )
]


def read_job(row: Any) -> Job:
    """A row of `select_jobs` as a Job."""
    values = dict(row._mapping)
    values["warnings"] = tuple(json.loads(values["warnings"] or "[]"))
    values["result"] = None if values["result"] is None else json.loads(values["result"])
    return Job(**values)


def submit(
    connection: sa.Connection,
    key_id: str,
    spec: GenerationSpec,
    *,
    dialect: str,
    engine: str,
    price: int,
    warnings: Sequence[str] = (),
    echo: Mapping[str, Any] = MappingProxyType({}),
    body_hash: str | None = None,
    retry_count: int | None = None,
    cancel_at: float | None = None,
    callback: str | None = None,
) -> Job | None:
    """Accepts a job and holds its price; None, and nothing kept, when the key cannot pay.

    `echo` is what the dialect wants back when it prints the job (JSON values). `body_hash` and `retry_count` come from
    a client that counts its repeats (`repeats.py`); at `cancel_at`, in wall seconds, the job is cancelled. `callback`:
    see `webhooks.callback`.
    """
    job_id = secrets.token_hex(16)
    if not keys.hold(connection, key_id, job_id, price):
        return None
    connection.execute(
        jobs.insert().values(
            id=job_id,
            key_id=key_id,
            dialect=dialect,
            model=spec.model,
            engine=engine,
            aspect_ratio=spec.aspect_ratio,
            duration=spec.duration,
            seed=spec.seed,
            warnings=json.dumps(list(warnings)),
            state="QUEUED",
            price=price,
            created_at=wall_seconds(),
            cancel_at=cancel_at,
            callback=callback,
            body_hash=body_hash,
            retry_count=retry_count,
            unread=retry_count is not None,
        )
    )
    asked = {
        "spec": spec.model_dump_json(),
        "echo": json.dumps(dict(echo)),
        "sources": " ".join(_sources(spec)) or None,
    }
    connection.execute(specs.insert().values(job_id=job_id, **asked))
    job = get(connection, job_id)
    assert job is not None
    return job


def _sources(spec: GenerationSpec) -> list[str]:
    """Ids of the jobs and uploads whose files the spec names."""
    found = [AssetImage.parse(image) for image in (spec.start_image, spec.end_image) if image is not None]
    return [asset.path.removeprefix("uploads/").partition("/")[0] for asset in found if asset is not None]


def get(connection: sa.Connection, job_id: str, key_id: str | None = None) -> Job | None:
    """The job, None when there is none of that id (of that key, where one is given) or its time is over."""
    if not _ID.fullmatch(job_id):
        return None  # nor anything a database would choke on
    query = select_jobs().where(jobs.c.id == job_id, is_known())
    if key_id is not None:
        query = query.where(jobs.c.key_id == key_id)
    row = connection.execute(query).first()
    return None if row is None else read_job(row)


def select_jobs() -> sa.Select[Any]:
    """Every job there is, as `read_job` takes them."""
    return sa.select(*_COLUMNS, key_table.c.credits).join(key_table, key_table.c.id == jobs.c.key_id)


def is_known() -> sa.ColumnElement[bool]:
    """Whether a job's time is not over: to everybody outside it exists only as long."""
    return sa.and_(UNSWEPT, sa.or_(jobs.c.expires_at.is_(None), jobs.c.expires_at > wall_seconds()))


def _lapsed() -> sa.ColumnElement[bool]:
    return sa.and_(
        jobs.c.state == "PROCESSING", sa.or_(jobs.c.lease_boot != lease_boot(), jobs.c.lease_until < lease_clock())
    )


def _next(models: Collection[str], full: Collection[str] = ()) -> sa.Select[Any]:
    """The job to take next for one of `models`: by its key's priority, then round robin over the keys, then by age;
    none that waits of the keys that are `full`.

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
    if full:
        waiting = sa.and_(waiting, jobs.c.key_id.not_in(full))
    return (
        sa.select(jobs.c.id, jobs.c.key_id, jobs.c.state, key_table.c.max_running)
        .join(key_table, key_table.c.id == jobs.c.key_id)
        .outerjoin(running, running.c.key_id == jobs.c.key_id)
        .where(LIVE, jobs.c.model.in_(models), sa.or_(waiting, _lapsed()))
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
    full: list[str] = []
    while True:
        found = connection.execute(_next(models, full).with_for_update(skip_locked=True, of=jobs)).first()
        if found is None:
            return None
        if found.state == "QUEUED" and found.max_running is not None:
            # Another worker may have taken one of this key's just now; from here on none does.
            keys.lock(connection, found.key_id)
            if queue.count_running(connection, found.key_id) >= found.max_running:
                full.append(found.key_id)
                continue
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
            .returning(jobs.c.id, jobs.c.attempt, jobs.c.lost, jobs.c.cancel, jobs.c.key_id, jobs.c.callback)
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
            _announce(connection, row, "started", retention)
        text = connection.scalar(sa.select(specs.c.spec).where(specs.c.job_id == row.id))
        try:
            return Claim(row.id, row.attempt, GenerationSpec.model_validate_json(text or ""))
        except ValidationError:
            # Accepted by another version of this code. Left in the queue it would end every worker that takes it.
            message = "this job was accepted by another version of the server, which this one cannot read"
            fail(connection, taken, "engine_failed", message, retention)


def renew(connection: sa.Connection, claim: Hold, stage: str, progress: float) -> Renewal | None:
    """Extends the lease and writes the progress in one UPDATE; None when the job is no longer this claim's."""
    moved = sa.or_(jobs.c.stage != stage, jobs.c.progress != progress)
    row = connection.execute(
        _held(claim)
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
    return bool(connection.execute(_held(claim).values(**_REQUEUED)).rowcount)


def give_back_all(connection: sa.Connection, worker: str, *, lost: bool) -> int:
    """Returns what a worker that is gone held to the queue at once; how many there were.

    `lost` counts an attempt that ended without an answer: the worker died, nobody stopped it.
    """
    held = jobs.update().where(LIVE, jobs.c.worker == worker, jobs.c.state == "PROCESSING")
    return connection.execute(held.values(**_REQUEUED, lost=jobs.c.lost + int(lost))).rowcount


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


def complete(
    connection: sa.Connection, claim: Hold, result: Mapping[str, Any], warnings: Sequence[str], retention: float
) -> State | None:
    """COMPLETED: publishes `result`, adds `warnings` and charges the price; FAILED, and released, where a cancel came
    before. Which of them it was; None when the job is no longer ours."""
    query = sa.select(jobs.c.warnings, jobs.c.cancel).where(jobs.c.id == claim.id)
    known = connection.execute(query.with_for_update()).first()  # no cancel comes in between
    if known is not None and known.cancel:
        return "FAILED" if fail(connection, claim, "cancelled", CANCELLED, retention) else None
    texts = [*json.loads((known and known.warnings) or "[]"), *warnings]
    values = {
        "state": "COMPLETED",
        "result": json.dumps(dict(result)),
        "file_size": sum(file["file_size"] for file in (result, *result.get("stills", {}).values())),
        "warnings": json.dumps(texts),
        "progress": 1.0,
    }
    return "COMPLETED" if _finish(connection, claim, values, retention) else None


def fail(connection: sa.Connection, claim: Hold, code: JobErrorCode, message: str, retention: float) -> bool:
    """FAILED: keeps the reason and releases the hold. False when the job is no longer ours."""
    return _finish(connection, claim, {"state": "FAILED", "error": message, "error_code": code}, retention)


def _finish(connection: sa.Connection, claim: Hold, values: Mapping[str, Any], retention: float) -> bool:
    """The only way to a terminal state: guarded by the fence, with the money in the same transaction."""
    now = wall_seconds()
    completed = values["state"] == "COMPLETED"
    row = connection.execute(
        _held(claim)
        .values(
            stage="done",
            worker=None,
            lease_boot=None,
            lease_until=None,
            cost=jobs.c.price if completed else 0,
            finished_at=now,
            expires_at=now + retention,
            version=jobs.c.version + 1,
            **values,
        )
        .returning(jobs.c.id, jobs.c.key_id, jobs.c.price, jobs.c.callback)
    ).first()
    if row is None:
        return False
    if completed:
        keys.settle(connection, row.key_id, claim.id)
    else:
        keys.release(connection, row.key_id, claim.id, row.price)
    _announce(connection, row, "COMPLETED" if completed else "FAILED", retention)
    return True


def _announce(connection: sa.Connection, row: sa.Row[Any], moment: webhooks.Moment, retention: float) -> None:
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
    waiting = sa.or_(jobs.c.state == "QUEUED", _lapsed())
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
    free = jobs.update().where(jobs.c.id == job_id, LIVE, sa.or_(jobs.c.state == "QUEUED", _lapsed()))
    taken = free.values(state="PROCESSING", attempt=jobs.c.attempt + 1).returning(jobs.c.attempt)
    attempt = connection.scalar(taken)
    return None if attempt is None else Hold(job_id, attempt)


def to_cancel(connection: sa.Connection) -> list[str]:
    """Jobs that `cancel` is to end now: those whose caller wanted an end by now, and, once more, cancelled ones whose
    worker went before it could end them."""
    gone = sa.or_(jobs.c.state == "QUEUED", _lapsed())
    over = sa.and_(jobs.c.cancel.is_(sa.false()), jobs.c.cancel_at <= wall_seconds())
    return list(connection.scalars(sa.select(jobs.c.id).where(LIVE, sa.or_(sa.and_(jobs.c.cancel, gone), over))))


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


def _held(claim: Hold) -> sa.Update:
    return jobs.update().where(jobs.c.id == claim.id, jobs.c.attempt == claim.attempt, jobs.c.state == "PROCESSING")
