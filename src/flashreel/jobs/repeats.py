"""Submits that a client sends again on its own, after a failure, without an Idempotency-Key.

The SDKs of OpenAI and Luma do, and count: `x-stainless-retry-count`. The first answer may have been lost after the job
was accepted; making another one would charge twice. A first send (count 0) never merges: somebody may well want two.
One hole remains: of two equal creates within SECONDS, the second may fail before it is accepted while the first has not
been asked for yet; its repeat is then answered with the first one's job. An Idempotency-Key closes it.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import UNREAD, jobs
from flashreel.jobs.store import Job, is_known, read_job, select_jobs

SECONDS = 120.0


def find(connection: sa.Connection, key_id: str, dialect: str, body_hash: str, count: int) -> Job | None:
    """The job that this repeat (`count` of 1 or more) was meant to make: the newest of the same key, dialect and body,
    made by a lower count less than SECONDS ago, that nobody has asked for yet. None for a first send."""
    if count < 1:
        return None
    row = connection.execute(
        select_jobs()
        .where(
            UNREAD,
            jobs.c.key_id == key_id,
            jobs.c.body_hash == body_hash,
            jobs.c.dialect == dialect,
            jobs.c.retry_count < count,
            jobs.c.created_at > wall_seconds() - SECONDS,
            is_known(),
        )
        .order_by(jobs.c.created_at.desc(), jobs.c.id)
        .limit(1)
    ).first()
    return None if row is None else read_job(row)


def mark_read(connection: sa.Connection, job_ids: Collection[str]) -> None:
    """From now on these jobs' clients know them: nothing merges with them any more."""
    connection.execute(jobs.update().where(jobs.c.id.in_(job_ids)).values(unread=sa.false()))
