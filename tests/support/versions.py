"""Versions of flashreel that come after this one: its source with a step added, to run beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from flashreel.jobs.schema import COMPATIBLE, REVISION
from tests.support.server import ROOT

EXPANDED: Final = f"{int(REVISION) + 1:04}"
CONTRACTED: Final = f"{int(REVISION) + 2:04}"

_STEP: Final = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    {body}
"""
_EXPAND: Final = """op.add_column("jobs", sa.Column("note", sa.Text()))
    op.create_table(
        "notes",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("notes_key")),
    )
"""
_CONTRACT: Final = """op.execute("UPDATE jobs SET note = 'of before' WHERE note IS NULL")
    op.alter_column("jobs", "note", nullable=False)
"""
_TABLE: Final = """
notes = sa.Table(
    "notes",
    metadata,
    sa.Column("job_id", sa.String, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)
"""
_INSERT: Final = "    connection.execute(specs.insert().values(job_id=job_id, **asked))\n"
_INSERT_NOTE: Final = """
    from flashreel.jobs.schema import notes

    connection.execute(notes.insert().values(job_id=job_id, text="new"))
"""


def expanded(folder: Path) -> str:
    """The next version, in `folder`: a column and a table more, which it writes and this version knows nothing of. A
    job that it takes or completes has a note that says so. The PYTHONPATH to run it with."""
    source = _copied(ROOT / "src", folder)
    _edit(source / "jobs" / "schema.py", f'REVISION: Final = "{REVISION}"', f'REVISION: Final = "{EXPANDED}"')
    column = '    sa.Column("swept_at", sa.Float),\n'
    _edit(source / "jobs" / "schema.py", column, column + '    sa.Column("note", sa.Text),\n')
    _append(source / "jobs" / "schema.py", _TABLE)
    own_id = "            id=job_id,\n"
    _edit(source / "jobs" / "store.py", own_id, own_id + '            note="taken",\n')
    _edit(source / "jobs" / "store.py", _INSERT, _INSERT + _INSERT_NOTE)
    completed = '        "state": "COMPLETED",\n'
    _edit(source / "jobs" / "ending.py", completed, completed + '        "note": "completed",\n')
    _add_step(source, EXPANDED, REVISION, _EXPAND)
    return _path(folder)


def contracted(of: Path, folder: Path) -> str:
    """The version after the one in `of`: no job is without a note, so this version's code can take none."""
    source = _copied(of, folder)
    _edit(source / "jobs" / "schema.py", f'REVISION: Final = "{EXPANDED}"', f'REVISION: Final = "{CONTRACTED}"')
    _edit(source / "jobs" / "schema.py", f'COMPATIBLE: Final = "{COMPATIBLE}"', f'COMPATIBLE: Final = "{EXPANDED}"')
    _edit(source / "jobs" / "schema.py", 'sa.Column("note", sa.Text)', 'sa.Column("note", sa.Text, nullable=False)')
    _add_step(source, CONTRACTED, EXPANDED, _CONTRACT)
    return _path(folder)


def _copied(source: Path, folder: Path) -> Path:
    # With its bytecode, which is as good where the source is the same.
    return Path(shutil.copytree(source / "flashreel", folder / "flashreel"))


def _path(folder: Path) -> str:
    return os.pathsep.join((str(folder), str(ROOT)))


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def _append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def _add_step(source: Path, revision: str, before: str, body: str) -> None:
    step = source / "jobs" / "migrations" / "versions" / f"{revision}_next.py"
    step.write_text(_STEP.format(revision=revision, before=before, body=body), encoding="utf-8")
