"""One database, opened once per process: a file (SQLite), or the URL of a PostgreSQL database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from flashreel.errors import SetupError
from flashreel.jobs import schema

_BUSY_SECONDS = 30  # the longest wait for another process's lock

#: Everything a connection to PostgreSQL may be made to wait for ends: a server that is gone, another one's lock, and,
#: on the server, a host of ours that stopped in the middle of a transaction.
_LIMITS: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    "tcp_user_timeout": 30_000,
    "options": f"-c lock_timeout={_BUSY_SECONDS}s -c idle_in_transaction_session_timeout={_BUSY_SECONDS}s",
}
_ONE_AT_A_TIME = 0x666C6173  # the advisory lock of whoever makes or changes the schema


class Database:
    """The store's connections.

    A write transaction has SQLite's write lock from its begin, so that what it reads holds until its end. PostgreSQL
    lets others write meanwhile (READ COMMITTED): there a statement locks the rows that it reads to rely on. Reading
    sees one snapshot and never waits.
    """

    def __init__(self, place: Path | str) -> None:
        """`place` is SQLite's file, or PostgreSQL's URL, which may hold a password. Opens nothing yet."""
        self._url = sa.URL.create("sqlite", database=str(place)) if isinstance(place, Path) else _postgresql(place)
        self.path = place if isinstance(place, Path) else None
        """SQLite's file; None on PostgreSQL."""
        self.is_shared = self.path is None
        """Whether transactions write side by side, from many hosts: PostgreSQL."""
        try:
            self._engine = sa.create_engine(
                self._url,
                hide_parameters=True,  # errors are logged, and what users wrote is not
                **(_shared_options(self._url) if self.is_shared else _file_options()),
            )
        except ModuleNotFoundError as error:
            raise SetupError(
                f"database_url needs the PostgreSQL driver ({error.name} is missing): pip install 'flashreel[postgres]'"
            ) from error
        if self.is_shared:
            sa.event.listen(self._engine, "handle_error", _mend_error)
            self._writing = self._engine.execution_options(isolation_level="READ COMMITTED")
            self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            sa.event.listen(self._engine, "connect", _configure)
            sa.event.listen(self._engine, "begin", _begin)
            self._writing = self._engine.execution_options(flashreel_write=True)
            self._reading = self._engine.execution_options(flashreel_write=False)

    def __str__(self) -> str:
        """For sentences: without user, password or options."""
        if self.path is not None:
            return f"the store {self.path}"
        return f"the store postgresql://{self._url.host or ''}/{self._url.database or ''}"

    def create(self) -> None:
        """Makes SQLite's store where there is none, and brings an older one to this version. On PostgreSQL, where
        others may still run an older version, only `check`s.

        Raises SetupError, and changes nothing, when the schema is one this code does not know or the store cannot be
        had."""
        if not self.is_shared:
            self.migrate()
            return
        try:
            self.check()
        except sa.exc.DBAPIError as error:
            raise SetupError(f"{self} cannot be opened: {_reason(error)}") from error

    def migrate(self) -> str | None:
        """Makes the tables where there are none; brings those of an older version to this one. The revision that was
        there before, None where there was nothing. Raises SetupError as `create` does."""
        try:
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._changing() as connection:
                if not sa.inspect(connection).get_table_names():
                    schema.metadata.create_all(connection)
                    schema.revisions.create(connection)
                    connection.execute(schema.revisions.insert().values(version_num=schema.REVISION))
                    return None
                if (found := _revision(connection)) != schema.REVISION:
                    # Slow to import, and hardly ever needed.
                    from flashreel.jobs.migrations import upgrade

                    if found is None or not upgrade(connection, found):
                        raise self._refused(found)
                return found
        except sa.exc.DBAPIError as error:
            raise SetupError(f"{self} cannot be opened: {_reason(error)}") from error
        except OSError as error:
            assert self.path is not None
            raise SetupError(f"the data folder {self.path.parent} cannot be made: {error.strerror}") from error

    @contextmanager
    def _changing(self) -> Iterator[sa.Connection]:
        """A write transaction that may change the tables, and has them to itself."""
        with self._writing.connect() as connection:
            if self.is_shared:
                with connection.begin():
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
                    yield connection
                return
            # SQLite changes a table by making it anew and dropping the old one, which others refer to. It knows the
            # switch only outside of transactions.
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    def check(self) -> None:
        """Raises SetupError unless the store has the schema of this version."""
        with self.reading() as connection:
            found = _revision(connection)
        if found != schema.REVISION:
            raise self._refused(found)

    def _refused(self, found: str | None) -> SetupError:
        has = "no schema of ours" if found is None else f"schema {found}"
        if self.is_shared and found is None:
            way = "run `flashreel migrate`, which needs an empty database"
        elif self.is_shared:
            way = "if that is older run `flashreel migrate`, if it is newer use that version of flashreel"
        else:
            way = "use the version of flashreel that made it, or a newer one, or another --data folder"
        return SetupError(f"{self} has {has}, this flashreel knows {schema.REVISION}; {way}")

    def check_writable(self) -> None:
        """Takes the write lock and writes one row. Raises what SQLAlchemy raises when that cannot be done."""
        written = schema.meta.update().where(schema.meta.c.name == "written").values(value="yes")
        with self.transaction() as connection:
            if connection.execute(written).rowcount:
                return
            try:
                with connection.begin_nested():
                    connection.execute(schema.meta.insert().values(name="written", value="yes"))
            except sa.exc.IntegrityError:  # another process was first: then it can be written
                pass

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A write transaction: committed at the end, rolled back by an exception."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent snapshot for reading."""
        with self._reading.connect() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def is_conflict(error: sa.exc.OperationalError) -> bool:
    """Whether PostgreSQL undid this transaction only to let another one through: it may be done again at once."""
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")  # serialization failure, deadlock


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(schema.revisions.name):
        return None
    return connection.scalar(sa.select(schema.revisions.c.version_num))


def _reason(error: sa.exc.DBAPIError) -> str:
    """The first line of what the driver says: a server that cannot be reached is told once per address."""
    return str(error.orig).strip().partition("\n")[0]


def _postgresql(url: str) -> sa.URL:
    """Raises SetupError, which does not repeat it, for what is no URL of PostgreSQL."""
    try:
        made = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        made = None
    if made is None or made.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise SetupError("database_url must be like postgresql://user:password@host:5432/name")
    return made.set(drivername="postgresql+psycopg")


def _shared_options(url: sa.URL) -> dict[str, Any]:
    return {
        "connect_args": {name: value for name, value in _LIMITS.items() if name not in url.query},
        "pool_size": 4,
        "max_overflow": 12,
        "pool_pre_ping": True,  # connections that a restart of the server ended are replaced unseen
    }


def _file_options() -> dict[str, Any]:
    return {
        "connect_args": {"timeout": _BUSY_SECONDS, "check_same_thread": False},
        "pool_size": 8,
        "max_overflow": 64,
    }


def _mend_error(context: sa.engine.ExceptionContext) -> None:
    """Takes out of the driver's error what PostgreSQL quotes of the row in its DETAIL: errors are logged.

    And OperationalError is what callers take for an outage, and try again: also where the driver thinks otherwise of a
    server that has become a standby (25006) or ended a transaction for its idleness (25P03)."""
    orig, wrapped = context.original_exception, context.sqlalchemy_exception
    primary = getattr(getattr(orig, "diag", None), "message_primary", None)
    if primary and isinstance(wrapped, sa.exc.DBAPIError):
        wrapped.args = (f"({type(orig).__module__}.{type(orig).__name__}) {primary}",)
        orig.args = (primary,)
    if isinstance(wrapped, sa.exc.InternalError) and getattr(orig, "sqlstate", None) in ("25006", "25P03"):
        raise sa.exc.OperationalError(
            wrapped.statement, None, orig, hide_parameters=True, connection_invalidated=wrapped.connection_invalidated
        ) from orig


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own transactions off: `_begin` writes BEGIN
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_SECONDS * 1000}", "foreign_keys=ON"):
        _patiently(connection, f"PRAGMA {pragma}")


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Waits for a lock where SQLite does not: another process that just makes the file, recovers or closes it."""
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("flashreel_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
