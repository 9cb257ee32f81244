"""What is over goes: results after their hour in one sweep, slim records after a month."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from flashreel.jobs import outbox
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import LIVE, jobs, specs

RECORD_SECONDS = 31 * 86400.0
_AT_ONCE = 200  # jobs in one transaction


def needed(connection: sa.Connection) -> set[str]:
    """Ids of the jobs and uploads whose files a job that is not finished will use: they stay until it is."""
    query = sa.select(specs.c.sources).join(jobs, jobs.c.id == specs.c.job_id)
    rows = connection.scalars(query.where(LIVE, specs.c.sources.is_not(None)))
    return {source for sources in rows if sources for source in sources.split()}


def due(connection: sa.Connection) -> list[str]:
    """Jobs whose time is over and whose files and texts are still there, oldest first."""
    query = sa.select(jobs.c.id).where(jobs.c.expires_at <= wall_seconds(), jobs.c.swept_at.is_(None))
    kept = needed(connection)
    found = connection.scalars(query.order_by(jobs.c.expires_at).limit(_AT_ONCE + len(kept)))
    return [job_id for job_id in found if job_id not in kept][:_AT_ONCE]


def expire(connection: sa.Connection, job_ids: Sequence[str]) -> None:
    """Ends the time of finished jobs now."""
    finished = jobs.c.finished_at.is_not(None)
    connection.execute(jobs.update().where(jobs.c.id.in_(job_ids), finished).values(expires_at=wall_seconds()))


def over_quota(connection: sa.Connection, quota: int) -> list[str]:
    """The finished jobs, oldest first, that must go so that the files of the rest take at most `quota` bytes."""
    columns = (jobs.c.id, jobs.c.file_size, jobs.c.finished_at)
    rows = connection.execute(sa.select(*columns).where(jobs.c.file_size > 0, jobs.c.swept_at.is_(None))).all()
    # Sorted here: for an order by that time, SQLite would walk the whole month of slim records.
    rows = sorted(rows, key=lambda row: row.finished_at, reverse=True)
    total, going, kept = 0, [], needed(connection)
    for row in rows:  # newest first: what no longer fits is old
        total += row.file_size
        if total > quota and row.id not in kept:
            going.append(row.id)
    return going[: -_AT_ONCE - 1 : -1]


def known_attempts(connection: sa.Connection, job_ids: Sequence[str]) -> dict[str, int]:
    """The present attempt of those of these jobs whose files may be there."""
    known: dict[str, int] = {}
    query = sa.select(jobs.c.id, jobs.c.attempt).where(jobs.c.swept_at.is_(None))
    for start in range(0, len(job_ids), _AT_ONCE):  # a statement takes only so many parameters
        for row in connection.execute(query.where(jobs.c.id.in_(job_ids[start : start + _AT_ONCE]))):
            known[row.id] = row.attempt
    return known


def sweep(connection: sa.Connection, job_ids: Sequence[str]) -> None:
    """Empties what a job said and made; the slim record stays. Its files are deleted before this, never after."""
    connection.execute(specs.delete().where(specs.c.job_id.in_(job_ids)))
    outbox.sweep(connection, job_ids)
    connection.execute(
        jobs.update()
        .where(jobs.c.id.in_(job_ids))
        .values(warnings=None, result=None, error=None, callback=None, swept_at=wall_seconds())
    )


def forget(connection: sa.Connection) -> int:
    """Deletes slim records past RECORD_SECONDS; the ledger keeps its rows. How many there were."""
    over = jobs.c.finished_at < wall_seconds() - RECORD_SECONDS
    return connection.execute(jobs.delete().where(over, jobs.c.swept_at.is_not(None))).rowcount
