"""How the store gets from one version of the schema to the next: Alembic, one file in `versions` per step.

A new store is made whole from `schema.py` and never comes here. A new step: `python -m tools.migration`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from flashreel.jobs import schema

HERE: Final = Path(__file__).parent


def config(connection: sa.Connection | None = None, *, versions: str | None = None) -> Config:
    """Alembic's configuration for this store. `versions` are other folders of steps, with `:` between."""
    made = Config()
    made.set_main_option("script_location", str(HERE).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    if versions is not None:
        made.set_main_option("version_locations", versions.replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: sa.Connection, found: str) -> bool:
    """Takes a store of revision `found` to `schema.REVISION`, inside the caller's transaction. False, and nothing
    changed, when no step leads from there: it was made by a newer version."""
    settings = config(connection)
    scripts = ScriptDirectory.from_config(settings)
    if found not in {script.revision for script in scripts.walk_revisions("base", schema.REVISION)}:
        return False
    command.upgrade(settings, schema.REVISION)
    if connection.dialect.name == "sqlite":  # which was not told to look while tables were made anew
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None, (
            "a step lost what others refer to"
        )
    return True
