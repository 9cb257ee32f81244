"""`python -m tools.schema_dump`: writes tests/jobs/schemas/<revision>.<database>.sql for the present schema, a store
with rows in every table as SQLite and PostgreSQL dump it. To be run again while a new revision is being made; what a
release had stays as it is, for the tests to migrate."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import pytest
from tests.support.filled import fill
from tests.support.postgres import postgres, program
from tests.support.server import ROOT
from tests.support.store import Clock

from flashreel.jobs.database import Database
from flashreel.jobs.schema import REVISION

FOLDER = ROOT / "tests" / "jobs" / "schemas"

#: What concerns only the server that was dumped: its settings, and pg_dump's words to psql.
_OWN = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\.*|)\n", re.MULTILINE)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flashreel.db"
        _make(file)
        with sqlite3.connect(file) as connection:
            _write("sqlite", "".join(f"{line}\n" for line in connection.iterdump()))
        connection.close()
    with postgres() as url:
        _make(url)
        words = ["--inserts", "--no-owner", "--no-privileges", f"--dbname={url}"]
        dump = subprocess.run([program("pg_dump"), *words], capture_output=True, text=True, check=True)
        _write("postgresql", _OWN.sub("", dump.stdout))


def _make(place: Path | str) -> None:
    database, clock = Database(place), Clock()
    database.migrate()
    with pytest.MonkeyPatch.context() as patch:
        clock.install(patch)
        fill(database, clock)
    database.close()


def _write(database: str, dump: str) -> None:
    file = FOLDER / f"{REVISION}.{database}.sql"
    file.write_text(dump, encoding="utf-8")
    print(f"{file.relative_to(ROOT)}: {len(dump)} characters")


if __name__ == "__main__":
    main()
