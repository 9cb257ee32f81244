"""Jobs: submitted and found. A job's row is also its place in the queue, its lease (`leases.py`) and its status; how it
ends is in `ending.py`.

Every function runs inside the caller's transaction, so that a job, its money and its events change together.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import sqlalchemy as sa

from flashreel.errors import JobErrorCode
from flashreel.jobs import keys, observers
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import UNSWEPT, jobs, specs
from flashreel.jobs.schema import keys as key_table
from flashreel.spec import AssetImage, GenerationSpec

State = Literal["QUEUED", "PROCESSING", "COMPLETED", "FAILED"]

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
    traceparent: str | None = None,
) -> Job | None:
    """Accepts a job and holds its price; None, and nothing kept, when the key cannot pay.

    `echo` is what the dialect wants back when it prints the job (JSON values). `body_hash` and `retry_count` come from
    a client that counts its repeats (`repeats.py`); at `cancel_at`, in wall seconds, the job is cancelled. `callback`:
    see `webhooks.callback`. `traceparent` (W3C) is the span that the attempts are to be children of.
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
            traceparent=traceparent,
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
    facts = {"model": spec.model, "dialect": dialect, "duration": spec.duration, "ratio": spec.aspect_ratio}
    observers.happened(connection, "accepted", job_id, key=key_id, **facts)
    return job


def _sources(spec: GenerationSpec) -> list[str]:
    """Ids of the jobs and uploads whose files the spec names."""
    found = [AssetImage.parse(image) for image in (spec.start_image, spec.end_image) if image is not None]
    return [asset.path.removeprefix("uploads/").partition("/")[0] for asset in found if asset is not None]


def get(connection: sa.Connection, job_id: str, key_id: str | None = None) -> Job | None:
    """The job, None when there is none of that id (of that key, where one is given) or its time is over."""
    job = get_all(connection, [job_id]).get(job_id)
    return job if job is not None and key_id in (None, job.key_id) else None


def get_all(connection: sa.Connection, job_ids: Collection[str]) -> dict[str, Job]:
    """Those of these jobs that there are, as `get` finds them."""
    ids = [job_id for job_id in job_ids if _ID.fullmatch(job_id)]  # nor anything a database would choke on
    if not ids:
        return {}
    return {row.id: read_job(row) for row in connection.execute(select_jobs().where(jobs.c.id.in_(ids), is_known()))}


def traceparent(connection: sa.Connection, job_id: str) -> str | None:
    """The span of its submit (W3C), where that was traced."""
    found: str | None = connection.scalar(sa.select(jobs.c.traceparent).where(jobs.c.id == job_id))
    return found


def select_jobs() -> sa.Select[Any]:
    """Every job there is, as `read_job` takes them."""
    return sa.select(*_COLUMNS, key_table.c.credits).join(key_table, key_table.c.id == jobs.c.key_id)


def is_known() -> sa.ColumnElement[bool]:
    """Whether a job's time is not over: to everybody outside it exists only as long."""
    return sa.and_(UNSWEPT, sa.or_(jobs.c.expires_at.is_(None), jobs.c.expires_at > wall_seconds()))
