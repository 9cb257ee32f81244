"""Of several keepers one leads: by a lock of PostgreSQL's, or by a row in SQLite's file."""

from __future__ import annotations

from typing import Protocol

import sqlalchemy as sa

from flashreel.jobs.clock import boot_seconds, lease_boot, lease_clock
from flashreel.jobs.database import Database
from flashreel.jobs.schema import leaders

LEADER_SECONDS = 15.0
_WRITE_SECONDS = LEADER_SECONDS / 3
_LOCK = 0x666C6174  # the advisory lock of the one that leads; the others are in database.py and queue.py
_NAME = "keeper"


class Leader(Protocol):
    def leads(self) -> bool:
        """Whether this one leads now; asked before every turn of work. Raises SQLAlchemyError where that cannot be
        known, and then it does not."""

    def resign(self) -> None:
        """Lets another one lead from now on. Raises SQLAlchemyError where that cannot be written."""


def leader(database: Database, holder: str) -> Leader:
    """One that may lead; `holder` is unlike any other's."""
    return _ByLock(database) if database.is_shared else _ByRow(database, holder)


class _ByLock:
    """The lock belongs to a connection, so it goes with the process: at once where that is killed, and as soon as the
    server misses its host where that is gone (see `postgresql.py`)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None
        self._leads = False

    def leads(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._database.session()
            if self._leads:
                self._connection.execute(sa.select(1))  # as long as it answers, the lock is held
            else:
                self._leads = bool(self._connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_LOCK))))
        except sa.exc.SQLAlchemyError:
            self.resign()
            raise
        return self._leads

    def resign(self) -> None:
        connection, self._connection, self._leads = self._connection, None, False
        if connection is not None:
            connection.close()


class _ByRow:
    """SQLite's processes are on one host, and know by its clock when the row of one that was killed is over."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder
        self._leads = False
        self._written_at = float("-inf")

    def leads(self) -> bool:
        if boot_seconds() - self._written_at > _WRITE_SECONDS:
            with self._database.transaction() as connection:
                self._leads = lead(connection, self._holder)
            self._written_at = boot_seconds()
        return self._leads

    def resign(self) -> None:
        with self._database.transaction() as connection:
            resign(connection, self._holder)


def lead(connection: sa.Connection, holder: str) -> bool:
    """Whether `holder` leads for the next LEADER_SECONDS: it did already, or nobody does."""
    values = {"holder": holder, "boot": lease_boot(), "until": lease_clock() + LEADER_SECONDS}
    free = sa.or_(leaders.c.holder == holder, leaders.c.boot != lease_boot(), leaders.c.until < lease_clock())
    if connection.execute(leaders.update().where(leaders.c.name == _NAME, free).values(**values)).rowcount:
        return True
    if connection.scalar(sa.select(leaders.c.name).where(leaders.c.name == _NAME)) is not None:
        return False
    connection.execute(leaders.insert().values(name=_NAME, **values))  # SQLite's writers come one after another
    return True


def resign(connection: sa.Connection, holder: str) -> None:
    """Lets another lead at once."""
    connection.execute(leaders.delete().where(leaders.c.name == _NAME, leaders.c.holder == holder))
