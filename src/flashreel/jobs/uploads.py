"""Files a key has uploaded, to name them in its jobs. The row is the file's right to exist; storage holds its bytes.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from flashreel.jobs import keys
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.retention import needed
from flashreel.jobs.schema import uploads

COUNT_MAX: Final = 1000  # files a key may have, however small
_AT_ONCE = 200
_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Upload:
    """One row. `path` is the file's in storage, `name` what its sender called it, `size` bytes, times wall seconds."""

    id: str
    key_id: str
    path: str
    name: str
    content_type: str
    size: int
    sha256: str
    created_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What a key's uploads come to."""

    count: int
    size: int

    def has_room(self, count: int, size: int, quota: int) -> bool:
        """Whether `count` files of together `size` bytes fit in beside them."""
        return self.count + count <= COUNT_MAX and self.size + size <= quota


def new_id() -> str:
    return secrets.token_hex(16)


def add(
    connection: sa.Connection,
    upload_id: str,
    key_id: str,
    *,
    path: str,
    name: str,
    content_type: str,
    size: int,
    sha256: str,
    life: float,
    quota: int,
) -> Upload | None:
    """Keeps a stored file for `life` seconds; None, and nothing kept, when the key would have more than COUNT_MAX files
    or more than `quota` bytes of them."""
    keys.lock(connection, key_id)  # two at once would each see room for itself
    if not usage(connection, key_id).has_room(1, size, quota):
        return None
    now = wall_seconds()
    upload = Upload(upload_id, key_id, path, name, content_type, size, sha256, now, now + life)
    values = {column.name: getattr(upload, column.name) for column in uploads.c}
    connection.execute(uploads.insert().values(values))
    return upload


def usage(connection: sa.Connection, key_id: str) -> Usage:
    """What the key has now, without what has expired."""
    query = sa.select(sa.func.count(), sa.func.sum(uploads.c.size)).where(uploads.c.key_id == key_id, _lives())
    count, size = connection.execute(query).one()
    return Usage(count, int(size or 0))


def get(connection: sa.Connection, upload_id: str, key_id: str | None = None) -> Upload | None:
    """The upload, None when there is none of that id (of that key, where one is given) or its time is over."""
    if not _ID.fullmatch(upload_id):
        return None  # nor anything a database would choke on
    query = sa.select(uploads).where(uploads.c.id == upload_id, _lives())
    if key_id is not None:
        query = query.where(uploads.c.key_id == key_id)
    row = connection.execute(query).first()
    return None if row is None else _upload(row)


def list_of(connection: sa.Connection, key_id: str, limit: int) -> list[Upload]:
    """The key's uploads, newest first."""
    query = sa.select(uploads).where(uploads.c.key_id == key_id, _lives())
    rows = connection.execute(query.order_by(uploads.c.created_at.desc(), uploads.c.id.desc()).limit(limit))
    return [_upload(row) for row in rows]


def expire(connection: sa.Connection, upload_id: str) -> None:
    """Ends its time now."""
    connection.execute(uploads.update().where(uploads.c.id == upload_id, _lives()).values(expires_at=wall_seconds()))


def due(connection: sa.Connection) -> list[str]:
    """Uploads whose time is over, oldest first."""
    query = sa.select(uploads.c.id).where(uploads.c.expires_at <= wall_seconds())
    kept = needed(connection)
    found = connection.scalars(query.order_by(uploads.c.expires_at).limit(_AT_ONCE + len(kept)))
    return [upload_id for upload_id in found if upload_id not in kept][:_AT_ONCE]


def delete(connection: sa.Connection, upload_ids: Collection[str]) -> None:
    """Forgets them. Their files are deleted before this, never after."""
    connection.execute(uploads.delete().where(uploads.c.id.in_(upload_ids)))


def known(connection: sa.Connection, upload_ids: Sequence[str]) -> set[str]:
    """Those of these that have a row."""
    found: set[str] = set()
    for start in range(0, len(upload_ids), _AT_ONCE):  # a statement takes only so many parameters
        part = upload_ids[start : start + _AT_ONCE]
        found.update(connection.scalars(sa.select(uploads.c.id).where(uploads.c.id.in_(part))))
    return found


def _lives() -> sa.ColumnElement[bool]:
    return uploads.c.expires_at > wall_seconds()


def _upload(row: Any) -> Upload:
    return Upload(**row._mapping)
