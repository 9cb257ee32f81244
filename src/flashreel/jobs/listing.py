"""Many jobs at once, and what an answer repeats of a request: read for printing, never for working."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from flashreel.jobs.schema import jobs, specs
from flashreel.jobs.store import Job, State, is_known, read_job, select_jobs
from flashreel.spec import GenerationSpec


@dataclass(frozen=True, slots=True)
class Echo:
    """What answers repeat of a request. Images as they were named, data URIs cut short; sizes in pixels; `extras` are
    the making dialect's own (JSON values): another dialect prints the job without them."""

    prompt: str
    loop: bool = False
    start_image: str | None = None
    end_image: str | None = None
    width: int = 0
    height: int = 0
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs in order, and whether more come after them."""

    jobs: tuple[Job, ...]
    has_more: bool


def page(
    connection: sa.Connection,
    key_id: str,
    limit: int,
    *,
    after: Job | None = None,
    offset: int = 0,
    newest_first: bool = True,
) -> Page:
    """At most `limit` of the key's jobs, whatever dialect made them, by their age: those that follow `after`, without
    the first `offset`. Those whose time is over are not there."""
    query = select_jobs().where(jobs.c.key_id == key_id, is_known())
    place = sa.tuple_(jobs.c.created_at, jobs.c.id)
    if after is not None:
        here = sa.tuple_(sa.literal(after.created_at), sa.literal(after.id))
        query = query.where(place < here if newest_first else place > here)
    for column in (jobs.c.created_at, jobs.c.id):
        query = query.order_by(column.desc() if newest_first else column)
    rows = connection.execute(query.limit(limit + 1).offset(offset)).all()
    return Page(tuple(read_job(row) for row in rows[:limit]), len(rows) > limit)


def echoes(connection: sa.Connection, job_ids: Collection[str]) -> dict[str, Echo]:
    """What was asked for, by job; an empty prompt and no more for one that was swept meanwhile."""
    rows = connection.execute(sa.select(specs.c.job_id, specs.c.echo).where(specs.c.job_id.in_(job_ids)))
    found = {row.job_id: Echo(**{"prompt": "", **json.loads(row.echo)}) for row in rows}
    return {job_id: found.get(job_id, Echo("")) for job_id in job_ids}


def spec_of(connection: sa.Connection, job_id: str) -> GenerationSpec | None:
    """What the job was asked to make; None once that was swept."""
    text = connection.scalar(sa.select(specs.c.spec).where(specs.c.job_id == job_id))
    return None if text is None else GenerationSpec.model_validate_json(text)


def latest(connection: sa.Connection, limit: int, state: State | None = None) -> list[Job]:
    """The newest jobs of all keys (in one state, where it is given), also those that were swept."""
    query = select_jobs() if state is None else select_jobs().where(jobs.c.state == state)
    return [read_job(row) for row in connection.execute(query.order_by(jobs.c.created_at.desc()).limit(limit))]
