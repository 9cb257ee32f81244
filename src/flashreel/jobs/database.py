"""One database, opened once per process: a file (SQLite), or the URL of a PostgreSQL database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from flashreel.errors import SetupError
from flashreel.jobs import observers, schema

if TYPE_CHECKING:
    from flashreel.jobs.postgresql import Outage

_BUSY_SECONDS = 30  # the longest wait for another process's lock

_ONE_AT_A_TIME = 0x666C6173  # the advisory lock of whoever makes the store what it is: its tables, its first key
_COMPATIBLE = "compatible"  # the row of `meta` that says which older versions may run


class Database:
    """The store's connections.

    A write transaction has SQLite's write lock from its begin, so that what it reads holds until its end. PostgreSQL
    lets others write meanwhile (READ COMMITTED): there a statement locks the rows that it reads to rely on. Reading
    sees one snapshot and never waits.
    """

    def __init__(self, place: Path | str, *, impatient: bool = False) -> None:
        """`place` is SQLite's file, or PostgreSQL's URL, which may hold a password. Opens nothing yet. `impatient`:
        callers wait, so a server that says nothing is not waited for (see `postgresql.Outage`)."""
        self._url = sa.URL.create("sqlite", database=str(place)) if isinstance(place, Path) else _postgresql(place)
        self.path = place if isinstance(place, Path) else None
        """SQLite's file; None on PostgreSQL."""
        self.is_shared = self.path is None
        """Whether transactions write side by side, from many hosts: PostgreSQL."""
        self._outage: Outage | None = None
        if self.is_shared:
            try:
                # The driver need not be there.
                from flashreel.jobs import postgresql

                self._engine = _engine(self._url, postgresql.options(self._url))
            except ModuleNotFoundError as error:
                way = "pip install 'flashreel[postgres]'"
                raise SetupError(
                    f"database_url needs the PostgreSQL driver ({error.name} is missing): {way}"
                ) from error
            if impatient:
                self._outage = postgresql.Outage(self._engine)
            sa.event.listen(self._engine, "handle_error", postgresql.mend_error)
            self._writing = self._engine.execution_options(isolation_level="READ COMMITTED")
            self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            self._engine = _engine(self._url, _file_options())
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

        Raises SetupError, and changes nothing, when the schema is one this code cannot run on or the store cannot be
        had."""
        if not self.is_shared:
            self.migrate()
            return
        try:
            self.check()
        except sa.exc.DBAPIError as error:
            raise SetupError(f"{self} cannot be opened: {_reason(error)}") from error

    def migrate(self) -> str | None:
        """Makes the tables where there are none; brings those of an older version to this one; leaves alone those of a
        newer one that this code can run on. The revision that was there before, None where there was nothing. Raises
        SetupError as `create` does."""
        try:
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._changing() as connection:
                if not sa.inspect(connection).get_table_names():
                    schema.metadata.create_all(connection)
                    schema.revisions.create(connection)
                    connection.execute(schema.revisions.insert().values(version_num=schema.REVISION))
                    _say_compatible(connection)
                    return None
                found = _find(connection)
                if not found.is_ours:
                    # Slow to import, and hardly ever needed.
                    from flashreel.jobs.migrations import upgrade

                    if found.revision is None or not upgrade(connection, found.revision):
                        raise self._refused(found)
                    _say_compatible(connection)
                return found.revision
        except sa.exc.DBAPIError as error:
            raise SetupError(f"{self} cannot be opened: {_reason(error)}") from error
        except OSError as error:
            assert self.path is not None
            raise SetupError(f"the data folder {self.path.parent} cannot be made: {error.strerror}") from error

    @contextmanager
    def _changing(self) -> Iterator[sa.Connection]:
        """A write transaction that may change the tables, and has them to itself."""
        if self.is_shared:
            with self.one_at_a_time() as connection:
                yield connection
            return
        with self._writing.connect() as connection:
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
        """Raises SetupError unless this version can run on the store's schema."""
        with self.reading() as connection:
            found = _find(connection)
        if not found.is_ours:
            raise self._refused(found)

    def revision(self) -> str:
        """The revision of the store, which may be older than this code's. Raises SetupError where this code neither can
        run on it nor bring it to its own, or the store cannot be had."""
        if self.path is not None and not self.path.exists():  # to open it would make one
            raise self._refused(_Found(None))
        try:
            with self.reading() as connection:
                found = _find(connection)
        except sa.exc.DBAPIError as error:
            raise SetupError(f"{self} cannot be opened: {_reason(error)}") from error
        if found.revision is None or not (found.is_ours or found.revision < schema.REVISION):
            raise self._refused(found)
        return found.revision

    def _refused(self, found: _Found) -> SetupError:
        if found.revision is None:
            has = "no schema of ours"
            way = "run `flashreel migrate`, which needs an empty database" if self.is_shared else "name another --data"
        elif found.revision < schema.REVISION:
            has, way = f"schema {found.revision}", "run `flashreel migrate`"
        else:
            has, since = f"schema {found.revision}", found.compatible or found.revision
            way = f"update flashreel: only one that knows schema {since} or a newer one runs on it"
            way += "" if self.is_shared else ", or name another --data"
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
        """A write transaction: committed at the end, rolled back by an exception. Raises OperationalError when the
        database cannot be reached; see also `is_in_doubt`."""
        begun = time.perf_counter()
        try:
            with self._patient(writes=True), self._writing.begin() as connection:
                afterwards = observers.open_transaction(connection)
                yield connection
        finally:
            observers.transacted("write", time.perf_counter() - begun)
        for call in afterwards:
            call()

    @contextmanager
    def one_at_a_time(self) -> Iterator[sa.Connection]:
        """A write transaction beside which no other of its kind runs, whatever process and host it is of."""
        with self.transaction() as connection:
            if self.is_shared:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent snapshot for reading. Raises OperationalError when the database cannot be reached."""
        begun = time.perf_counter()
        try:
            with self._patient(writes=False), self._reading.connect() as connection:
                yield connection
        finally:
            observers.transacted("read", time.perf_counter() - begun)

    def session(self) -> sa.Connection:
        """A connection outside of the pool and of any transaction, to be closed: for what PostgreSQL keeps as long as
        the connection lasts."""
        connection = self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        connection.detach()
        return connection

    def _patient(self, *, writes: bool) -> AbstractContextManager[None]:
        return nullcontext() if self._outage is None else self._outage.patient(writes=writes)

    def close(self) -> None:
        if self._outage is not None:
            self._outage.close()
        self._engine.dispose()


def is_conflict(error: sa.exc.OperationalError) -> bool:
    """Whether PostgreSQL undid this transaction only to let another one through: it may be done again at once."""
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")  # serialization failure, deadlock


@dataclass(frozen=True, slots=True)
class _Found:
    """What a store says of its schema: its revision, None where that is not of ours, and the oldest revision whose code
    may run on it. Revisions are numbers of four digits, so text compares as they do."""

    revision: str | None
    compatible: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether this code may run on it: it is its own, or a newer one that says so."""
        if self.revision is None or self.revision == schema.REVISION:
            return self.revision is not None
        return self.revision > schema.REVISION and self.compatible is not None and self.compatible <= schema.REVISION


def _find(connection: sa.Connection) -> _Found:
    if not {schema.revisions.name, schema.meta.name} <= set(sa.inspect(connection).get_table_names()):
        return _Found(None)
    revision = connection.scalar(sa.select(schema.revisions.c.version_num))
    said = sa.select(schema.meta.c.value).where(schema.meta.c.name == _COMPATIBLE)
    return _Found(revision, connection.scalar(said))


def _say_compatible(connection: sa.Connection) -> None:
    """Writes down, in a store whose schema is this version's now, what else may run on it."""
    connection.execute(schema.meta.delete().where(schema.meta.c.name == _COMPATIBLE))
    connection.execute(schema.meta.insert().values(name=_COMPATIBLE, value=schema.COMPATIBLE))


def is_in_doubt(error: sa.exc.OperationalError) -> bool:
    """Whether the connection was lost at the commit: what was written may have been kept or not."""
    return error.statement is None and error.connection_invalidated


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


def _engine(url: sa.URL, options: Mapping[str, Any]) -> sa.Engine:
    return sa.create_engine(url, hide_parameters=True, **options)  # errors are logged, and what users wrote is not


def _file_options() -> dict[str, Any]:
    return {
        "connect_args": {"timeout": _BUSY_SECONDS, "check_same_thread": False},
        "pool_size": 8,
        "max_overflow": 64,
    }


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
