"""What a key's jobs were and cost, for as long as they are remembered: results go after their hour, records stay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from flashreel.errors import JobErrorCode
from flashreel.jobs.listing import Echo
from flashreel.jobs.schema import SWEPT, UNSWEPT, jobs, specs
from flashreel.jobs.store import State, is_known

Order = Literal["created", "model", "cost"]

_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Record:
    """A job as it is remembered. Times are wall seconds, `cost` is what was charged, in micro-credits.

    What it said and made (`echo`, `error`, and the `path` of its file) is None once its time is over.
    """

    id: str
    key_id: str
    model: str
    state: State
    aspect_ratio: str
    duration: int
    seed: int
    cost: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    error_code: JobErrorCode | None
    error: str | None
    path: str | None
    echo: Echo | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a key's records: made at `start` or later and before `end` (wall seconds), of this model, of a model
    that has `part` in its name (in lower case, as names are), in one of `states`. None and () leave it open."""

    start: float | None = None
    end: float | None = None
    model: str | None = None
    part: str | None = None
    states: Sequence[State] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """Some records in order, and how many there are in all."""

    records: tuple[Record, ...]
    total: int


#: Nothing was charged for what is not completed.
_COST = sa.func.coalesce(jobs.c.cost, 0).label("cost")
#: The two indexes that have a key's jobs, each job in one of them.
_HALVES = (UNSWEPT, SWEPT)
_ORDERS: Mapping[Order, tuple[str, ...]] = {
    "created": ("created_at", "id"),
    "model": ("model", "created_at", "id"),
    "cost": ("cost", "created_at", "id"),
}
_KEPT = [
    jobs.c[name]
    for name in (
        *(
            "id",
            "key_id",
            "model",
            "state",
            "aspect_ratio",
            "duration",
            "seed",
            "created_at",
            "started_at",
            "finished_at",
        ),
        "error_code",
    )
]


def page(
    connection: sa.Connection,
    key_id: str,
    wanted: Wanted,
    limit: int,
    *,
    offset: int = 0,
    order: Order = "created",
    descending: bool = True,
) -> Records:
    """At most `limit` of the key's records, whatever dialect made them, without the first `offset`."""
    those = _condition(key_id, wanted)
    counts = [sa.select(sa.func.count()).select_from(jobs).where(half, those) for half in _HALVES]
    total = sum(connection.scalar(count) or 0 for count in counts)
    # Not yet what the rows say: a month of it would be much to put in order.
    query = sa.union_all(
        *(sa.select(jobs.c.id, jobs.c.created_at, jobs.c.model, _COST).where(half, those) for half in _HALVES)
    )
    query = query.order_by(*((sa.desc if descending else sa.asc)(name) for name in _ORDERS[order]))
    ids = connection.scalars(query.limit(limit).offset(offset)).all()
    return Records(tuple(_read(connection, ids)), total)


def find(connection: sa.Connection, key_id: str, job_id: str) -> Record | None:
    """The key's record of this id, of any age; None where there is none, or no longer."""
    if not _ID.fullmatch(job_id):
        return None  # nor anything a database would choke on
    return next((record for record in _read(connection, [job_id]) if record.key_id == key_id), None)


def _condition(key_id: str, wanted: Wanted) -> sa.ColumnElement[bool]:
    asked = [jobs.c.key_id == key_id]
    if wanted.start is not None:
        asked.append(jobs.c.created_at >= wanted.start)
    if wanted.end is not None:
        asked.append(jobs.c.created_at < wanted.end)
    if wanted.model is not None:
        asked.append(jobs.c.model == wanted.model)
    if wanted.part is not None:
        asked.append(jobs.c.model.contains(wanted.part, autoescape=True))
    if wanted.states:
        asked.append(jobs.c.state.in_(wanted.states))
    return sa.and_(*asked)


def _read(connection: sa.Connection, ids: Sequence[str]) -> list[Record]:
    """The records of these ids, in this order."""
    said = sa.and_(specs.c.job_id == jobs.c.id, is_known())
    query = sa.select(*_KEPT, _COST, jobs.c.error, jobs.c.result, specs.c.echo)
    rows = connection.execute(query.outerjoin_from(jobs, specs, said).where(jobs.c.id.in_(ids)))
    found = {row.id: _record(dict(row._mapping)) for row in rows}
    return [found[job_id] for job_id in ids if job_id in found]


def _record(values: dict[str, Any]) -> Record:
    echo, error, result = values.pop("echo"), values.pop("error"), values.pop("result")
    if echo is None:  # its time is over, whether or not the sweep has been there
        return Record(**values, error=None, path=None, echo=None)
    path = None if result is None else json.loads(result)["path"]
    return Record(**values, error=error, path=path, echo=Echo(**{"prompt": "", **json.loads(echo)}))
