"""`python -m tools.migration what changed`: writes the step from the last migration to `jobs/schema.py`, to be read and
mended by hand (it cannot see a renaming). Its number then goes into `schema.REVISION`, `schema.COMPATIBLE` says which
older code may still run after it (docs/operating.md), and `python -m tools.schema_dump` writes what tests migrate."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from flashreel.jobs.database import Database
from flashreel.jobs.migrations import config


def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "store.db")
        with database.transaction() as connection:
            settings = config(connection)
            head = ScriptDirectory.from_config(settings).get_current_head()
            command.upgrade(settings, "head")
            number = f"{int(head or 0) + 1:04}"
            command.revision(settings, message, autogenerate=True, rev_id=number)
        database.close()
    print(f"schema.REVISION is to be {number}; schema.COMPATIBLE too, unless the step only adds")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or sys.exit(__doc__))
