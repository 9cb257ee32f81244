"""A copy of SQLite's store, made while others write to it: what a backup is of.

It keeps the schema that the store has, which may be older than this code's: only tables and columns that all have are
used here, but for `requeue`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import sqlalchemy as sa

from flashreel.jobs import leases, retention
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import jobs, keys, leaders, uploads, workers


@dataclass(frozen=True, slots=True)
class Published:
    """A file that a row publishes: its path in storage, its bytes, and the job or upload whose it is."""

    path: str
    size: int
    kind: Literal["job", "upload"]
    owner: str


@dataclass(frozen=True, slots=True)
class Count:
    """What a store holds."""

    keys: int
    jobs: int
    uploads: int


def copy(store: Path, to: Path) -> None:
    """Writes the store, as it is at this moment, into the new file `to`. Nobody waits for it. What was deleted is not
    in the copy, nor in its unused pages. Raises sqlite3.Error."""
    with closing(sqlite3.connect(_uri(store, "mode=rw"), uri=True, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


@contextmanager
def opened(copied: Path) -> Iterator[sa.Connection]:
    """Reads a copy that nobody changes, also from where nothing can be written."""
    uri = _uri(copied, "immutable=1")
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def is_in_use(store: Path) -> bool:
    """Whether any process has the store open. Raises sqlite3.Error where that cannot be told."""
    with closing(sqlite3.connect(_uri(store, "mode=rw"), uri=True, isolation_level=None, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")  # SQLite leaves the log only for one that is alone
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return True
    return False


def _uri(file: Path, how: str) -> str:
    return f"file:{quote(str(file))}?{how}"


def damage(connection: sa.Connection) -> str | None:
    """What SQLite finds wrong with the file; None when it is whole."""
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if found != "ok":
        return str(found)
    astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    return None if astray is None else f"a row of {astray[0]} refers to one of {astray[2]} that is not there"


def published(connection: sa.Connection) -> list[Published]:
    """All files that its rows publish; first those that unfinished jobs need, which nobody can make again."""
    found = [
        Published(row.path, row.size, "upload", row.id)
        for row in connection.execute(sa.select(uploads.c.id, uploads.c.path, uploads.c.size))
    ]
    kept = sa.select(jobs.c.id, jobs.c.result).where(jobs.c.swept_at.is_(None), jobs.c.result.is_not(None))
    for row in connection.execute(kept):
        result = json.loads(row.result)
        for file in (result, *result.get("stills", {}).values()):
            found.append(Published(file["path"], file["file_size"], "job", row.id))
    needed = retention.needed(connection)
    return sorted(found, key=lambda file: file.owner not in needed)


def unended(connection: sa.Connection) -> set[str]:
    """Ids of the jobs and uploads whose files are to be there now: their time is not over, or a job needs them."""
    now = wall_seconds()
    made = sa.select(jobs.c.id).where(jobs.c.swept_at.is_(None), jobs.c.expires_at > now)
    sent = sa.select(uploads.c.id).where(uploads.c.expires_at > now)
    return {*connection.scalars(made), *connection.scalars(sent)} | retention.needed(connection)


def count(connection: sa.Connection) -> Count:
    def of(table: sa.Table) -> int:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    return Count(of(keys), of(jobs), of(uploads))


def forget(connection: sa.Connection, gone: Collection[Published]) -> None:
    """Ends, in the copy, what ended in the store before its files were copied."""
    for kind, owner in {(file.kind, file.owner) for file in gone}:
        if kind == "upload":
            connection.execute(uploads.delete().where(uploads.c.id == owner))
        else:
            retention.expire(connection, [owner])
            retention.sweep(connection, [owner])


def requeue(connection: sa.Connection) -> int:
    """Makes of a restored store one that nobody works on: what workers had goes back to the queue, and none of them
    counts it as lost. How many jobs there were."""
    held = connection.scalars(sa.select(jobs.c.worker).where(jobs.c.state == "PROCESSING").distinct())
    given_back = sum(leases.give_back_all(connection, worker, lost=False) for worker in held.all())
    connection.execute(workers.delete())
    connection.execute(leaders.delete())
    return given_back
