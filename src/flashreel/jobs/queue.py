"""The queue as a whole: the order jobs are taken in, and how long they take."""

from __future__ import annotations

import statistics
from collections.abc import Collection

import sqlalchemy as sa

from flashreel.jobs.schema import COMPLETED, LIVE, jobs, keys

_RECENT = 20
_ENTRANCE = 0x666C6171  # the advisory lock of whoever adds a job to a queue with a limit


class Crowded(Exception):
    """The queue is so nearly full that only one at a time may come in: to be tried again with `alone`."""


def positions(connection: sa.Connection, models: Collection[str]) -> list[str]:
    """Ids of the queued jobs for `models` in the order they would be taken now: by their keys' priority, then round
    robin over the keys (whoever was served longest ago first), then by age."""
    turn = sa.func.row_number().over(partition_by=jobs.c.key_id, order_by=(jobs.c.created_at, jobs.c.id))
    query = (
        sa.select(jobs.c.id)
        .join(keys, keys.c.id == jobs.c.key_id)
        .where(LIVE, jobs.c.state == "QUEUED", jobs.c.model.in_(models))
        .order_by(keys.c.priority.desc(), turn, keys.c.served, jobs.c.created_at, jobs.c.id)
    )
    return list(connection.scalars(query))


def typical_seconds(connection: sa.Connection, model: str, duration: int) -> float | None:
    """The median running time of the latest completed jobs of this model and duration; None when there are none."""
    query = (
        sa.select(jobs.c.finished_at - jobs.c.started_at)
        .where(COMPLETED, jobs.c.model == model, jobs.c.duration == duration)
        .order_by(jobs.c.finished_at.desc())
        .limit(_RECENT)
    )
    times = [seconds for seconds in connection.scalars(query) if seconds is not None]
    return statistics.median(times) if times else None


def versions(connection: sa.Connection, job_ids: Collection[str]) -> dict[str, int]:
    """The versions of these jobs, in one query."""
    rows = connection.execute(sa.select(jobs.c.id, jobs.c.version).where(jobs.c.id.in_(job_ids)))
    return {row.id: row.version for row in rows}


def count_unfinished(connection: sa.Connection, key_id: str | None = None) -> int:
    """How many jobs are queued or running, of one key or of all."""
    query = sa.select(sa.func.count()).select_from(jobs).where(LIVE)
    if key_id is not None:
        query = query.where(jobs.c.key_id == key_id)
    return connection.scalar(query) or 0


def fits(connection: sa.Connection, limit: int, *, alone: bool) -> bool:
    """Whether the queue, with the job that this transaction has added, has at most `limit` unfinished jobs. It holds
    until the transaction ends, which should be at once.

    On PostgreSQL others add jobs meanwhile that nobody sees yet, one in each of at most `max_connections` transactions.
    As long as so many more would fit, they need not wait for one another; from there on `alone` lets in one at a time,
    once all others are through. Without it that raises Crowded.
    """
    spare = 0
    if connection.dialect.name == "postgresql":
        # The last lock that a submit takes, after its key's: whoever waits here has nothing that one inside wants.
        lock = sa.func.pg_advisory_xact_lock if alone else sa.func.pg_advisory_xact_lock_shared
        most = sa.cast(sa.func.current_setting("max_connections"), sa.Integer)
        connections: int = connection.execute(sa.select(lock(_ENTRANCE), most)).one()[1]
        spare = 0 if alone else connections
    count = count_unfinished(connection)
    if not alone and spare and count > limit - spare:
        raise Crowded
    return count <= limit


def count_by_state(connection: sa.Connection) -> dict[str, int]:
    """How many jobs are QUEUED and PROCESSING."""
    counts = {"QUEUED": 0, "PROCESSING": 0}
    counts.update(
        {
            row.state: row.n
            for row in connection.execute(
                sa.select(jobs.c.state, sa.func.count().label("n")).where(LIVE).group_by(jobs.c.state)
            )
        }
    )
    return counts
