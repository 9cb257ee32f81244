"""The workers that are alive, as they say themselves: for health, and for nothing that must be exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from flashreel.jobs.clock import lease_boot, lease_clock, wall_seconds
from flashreel.jobs.schema import workers

WorkerState = Literal["warming", "idle", "busy", "draining"]

SEEN_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Worker:
    id: str
    pid: int
    engine: str
    state: WorkerState
    stage: str
    progress: float
    still: float
    """Seconds since its state, stage or progress last changed."""

    @property
    def can_take_jobs(self) -> bool:
        return self.state in ("idle", "busy")


def report(
    connection: sa.Connection, worker: str, pid: int, engine: str, state: WorkerState, stage: str, progress: float
) -> None:
    """A worker says that it is alive and what it does; believed for SEEN_SECONDS."""
    values = {
        "state": state,
        "stage": stage,
        "progress": progress,
        "seen_boot": lease_boot(),
        "seen_until": lease_clock() + SEEN_SECONDS,
    }
    same = sa.and_(workers.c.state == state, workers.c.stage == stage, workers.c.progress == progress)
    moved = sa.case((same, workers.c.moved_at_boot), else_=lease_clock())
    changed = workers.update().where(workers.c.id == worker).values(**values, moved_at_boot=moved)
    if not connection.execute(changed).rowcount:
        first = {"started_at": wall_seconds(), "moved_at_boot": lease_clock()}
        connection.execute(workers.insert().values(id=worker, pid=pid, engine=engine, **first, **values))


def remove(connection: sa.Connection, worker: str) -> None:
    connection.execute(workers.delete().where(workers.c.id == worker))


def remove_unseen(connection: sa.Connection) -> None:
    """Forgets workers that have said nothing for SEEN_SECONDS."""
    connection.execute(workers.delete().where(sa.not_(_seen())))


def list_workers(connection: sa.Connection) -> list[Worker]:
    """Those alive."""
    still = (lease_clock() - workers.c.moved_at_boot).label("still")
    query = sa.select(workers, still).where(_seen()).order_by(workers.c.started_at, workers.c.id)
    return [
        Worker(row.id, row.pid, row.engine, row.state, row.stage, row.progress, row.still)
        for row in connection.execute(query)
    ]


def _seen() -> sa.ColumnElement[bool]:
    return sa.and_(workers.c.seen_boot == lease_boot(), workers.c.seen_until >= lease_clock())
