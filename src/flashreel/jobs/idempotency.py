"""Idempotency keys: the same token with the same request is the same job, for a day."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import idempotency

KEPT_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Earlier:
    """The job an earlier request with the same token made. What its answer said outlives the job itself."""

    body_hash: str
    job_id: str
    warnings: tuple[str, ...]
    created_at: float


def hash_request(dialect: str, model: str, fields: Mapping[str, object]) -> str:
    """What makes two requests the same: the fields as they were sent, whatever their order."""
    text = json.dumps([dialect, model, fields], sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def find(connection: sa.Connection, key_id: str, token: str) -> Earlier | None:
    """What this key's request with this token made, unless a day has passed."""
    row = connection.execute(
        sa.select(idempotency).where(
            idempotency.c.key_id == key_id,
            idempotency.c.token == token,
            idempotency.c.created_at > wall_seconds() - KEPT_SECONDS,
        )
    ).first()
    if row is None:
        return None
    return Earlier(row.body_hash, row.job_id, tuple(json.loads(row.warnings)), row.created_at)


def remember(
    connection: sa.Connection,
    key_id: str,
    token: str,
    body_hash: str,
    *,
    job_id: str,
    created_at: float,
    warnings: Sequence[str],
) -> None:
    """Ties the token to the job, in the transaction that accepts it and that found no earlier one. IntegrityError where
    there is one all the same: the key was not locked."""
    over = idempotency.c.created_at <= wall_seconds() - KEPT_SECONDS
    connection.execute(idempotency.delete().where(idempotency.c.key_id == key_id, idempotency.c.token == token, over))
    connection.execute(
        idempotency.insert().values(
            key_id=key_id,
            token=token,
            body_hash=body_hash,
            job_id=job_id,
            warnings=json.dumps(list(warnings)),
            created_at=created_at,
        )
    )


def forget(connection: sa.Connection) -> int:
    """Deletes those past their day; how many there were."""
    over = idempotency.c.created_at <= wall_seconds() - KEPT_SECONDS
    return connection.execute(idempotency.delete().where(over)).rowcount
