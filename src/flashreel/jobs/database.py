"""One database, opened once per process."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from flashreel.errors import SetupError
from flashreel.jobs import schema

_BUSY_SECONDS = 30  # the longest wait for another process's lock


class Database:
    """The store's connections. Writes take the write lock at once (BEGIN IMMEDIATE); reads never take it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
            pool_size=8,
            max_overflow=64,
            hide_parameters=True,  # errors are logged, and what users wrote is not
        )
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin)
        self._writing = self._engine.execution_options(flashreel_write=True)

    def create(self) -> None:
        """Makes the tables where there are none. Raises SetupError, and changes nothing, when the schema is one this
        code does not know or the file cannot be had."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.transaction() as connection:
                if sa.inspect(connection).get_table_names():
                    self._check(connection)
                else:
                    schema.metadata.create_all(connection)
                    connection.execute(schema.meta.insert().values(name="schema", value=str(schema.SCHEMA_VERSION)))
        except sa.exc.DBAPIError as error:
            raise SetupError(f"the store {self.path} cannot be opened: {error.orig}") from error
        except OSError as error:
            raise SetupError(f"the data folder {self.path.parent} cannot be made: {error.strerror}") from error

    def check(self) -> None:
        """Raises SetupError unless the store has the schema of this version."""
        with self.reading() as connection:
            self._check(connection)

    def _check(self, connection: sa.Connection) -> None:
        known = None
        if sa.inspect(connection).has_table(schema.meta.name):
            known = connection.scalar(sa.select(schema.meta.c.value).where(schema.meta.c.name == "schema"))
        if known != str(schema.SCHEMA_VERSION):
            has = "no schema of ours" if known is None else f"schema {known}"
            raise SetupError(
                f"the store {self.path} has {has}, this flashreel knows {schema.SCHEMA_VERSION}; "
                "use the version of flashreel that made it, or another --data folder"
            )

    def check_writable(self) -> None:
        """Takes the write lock and writes one row. Raises what SQLAlchemy raises when that cannot be done."""
        with self.transaction() as connection:
            connection.execute(sa.delete(schema.meta).where(schema.meta.c.name == "written"))
            connection.execute(schema.meta.insert().values(name="written", value="yes"))

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A write transaction: committed at the end, rolled back by an exception."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent snapshot for reading."""
        with self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()


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
