"""Finding jobs, whoever's they are and whatever became of them: for the operator, never for a caller."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from flashreel.errors import JobErrorCode
from flashreel.jobs import outbox
from flashreel.jobs.listing import Echo
from flashreel.jobs.outbox import Message
from flashreel.jobs.schema import jobs, keys, ledger, specs
from flashreel.jobs.store import State

_PREFIX = re.compile("[0-9a-f]{1,32}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A job's row as an operator sees it. Times are wall seconds, money is micro-credits, `file_size` bytes; `lost` are
    the attempts that ended without an answer, `stages` the seconds that each stage of the last one took. What it said
    is None, or (), once `swept_at` is set."""

    id: str
    key_id: str
    key_name: str
    dialect: str
    model: str
    engine: str
    aspect_ratio: str
    duration: int
    seed: int
    state: State
    stage: str
    progress: float
    cancel: bool
    worker: str | None
    attempt: int
    lost: int
    stages: Mapping[str, float]
    error_code: JobErrorCode | None
    error: str | None
    warnings: tuple[str, ...]
    price: int
    cost: int | None
    file_size: int | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    expires_at: float | None
    swept_at: float | None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which jobs: whose id begins with `prefix` (in lower case), of this key, in one of `states`, of this model, failed
    with this code, made at `since` or later and before `until` (wall seconds). None and () leave it open."""

    prefix: str | None = None
    key_id: str | None = None
    states: Sequence[State] = ()
    model: str | None = None
    error_code: JobErrorCode | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Some jobs, the newest first, and whether there are more after them."""

    entries: tuple[Entry, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Booking:
    """A line of the ledger: micro-credits, and when, in wall seconds."""

    kind: Literal["grant", "hold", "settle", "release"]
    amount: int
    at: float


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is known of a job. `echo` is what was asked for, None once that was swept."""

    entry: Entry
    echo: Echo | None
    bookings: tuple[Booking, ...]
    messages: tuple[Message, ...]


_OF_JOBS = tuple(name for name in Entry.__slots__ if name != "key_name")


def search(connection: sa.Connection, sought: Sought, limit: int, *, after: str | None = None) -> Found:
    """At most `limit` of these jobs: those that follow the job `after`, none where there is no such job."""
    query = _entries().where(*_conditions(sought))
    if after is not None:
        made_at = sa.select(jobs.c.created_at).where(jobs.c.id == after).scalar_subquery()
        earlier = sa.and_(jobs.c.created_at == made_at, jobs.c.id < after)
        query = query.where(sa.or_(jobs.c.created_at < made_at, earlier))
    rows = connection.execute(query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit + 1)).all()
    return Found(tuple(_entry(row) for row in rows[:limit]), len(rows) > limit)


def ids(connection: sa.Connection, prefix: str, limit: int) -> list[str]:
    """At most `limit` ids that begin so, the newest jobs' first."""
    query = sa.select(jobs.c.id).where(*_conditions(Sought(prefix=prefix)))
    return list(connection.scalars(query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit)))


def detail(connection: sa.Connection, job_id: str) -> Detail | None:
    """All that is known of this job; None where there is none of that id, or no longer."""
    row = connection.execute(_entries().where(*_conditions(Sought(prefix=job_id)), jobs.c.id == job_id)).first()
    if row is None:
        return None
    echo = connection.scalar(sa.select(specs.c.echo).where(specs.c.job_id == job_id))
    booked = sa.select(ledger.c.kind, ledger.c.amount, ledger.c.at).where(ledger.c.job_id == job_id)
    return Detail(
        _entry(row),
        None if echo is None else Echo(**{"prompt": "", **json.loads(echo)}),
        tuple(Booking(*line) for line in connection.execute(booked.order_by(ledger.c.id))),
        tuple(outbox.messages_of(connection, job_id)),
    )


def _entries() -> sa.Select[Any]:
    columns = (jobs.c[name] for name in _OF_JOBS)
    return sa.select(*columns, keys.c.name.label("key_name")).join(keys, keys.c.id == jobs.c.key_id)


def _conditions(sought: Sought) -> list[sa.ColumnElement[bool]]:
    asked: list[sa.ColumnElement[bool]] = []
    if sought.prefix is not None:
        if not _PREFIX.fullmatch(sought.prefix):
            return [sa.false()]  # nor anything a database would choke on
        # A range, which an index can tell; no digit of an id comes after "g".
        asked += [jobs.c.id >= sought.prefix, jobs.c.id < sought.prefix + "g"]
    for column, value in (
        (jobs.c.key_id, sought.key_id),
        (jobs.c.model, sought.model),
        (jobs.c.error_code, sought.error_code),
    ):
        if value is not None:
            asked.append(column == value)
    if sought.states:
        asked.append(jobs.c.state.in_(sought.states))
    if sought.since is not None:
        asked.append(jobs.c.created_at >= sought.since)
    if sought.until is not None:
        asked.append(jobs.c.created_at < sought.until)
    return asked


def _entry(row: sa.Row[Any]) -> Entry:
    values = dict(row._mapping)
    said = {"warnings": tuple(json.loads(values["warnings"] or "[]")), "stages": json.loads(values["stages"] or "{}")}
    return Entry(**{**values, **said})
