"""The keeper: one process that throws away what is over. Of several, the one that leads by a row in the store."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType

import sqlalchemy.exc
import structlog

from flashreel.jobs import retention, workers
from flashreel.jobs.database import Database
from flashreel.settings import Settings
from flashreel.storage import Storage

_log = structlog.get_logger(__name__)

_STEP_SECONDS = 1.0
_FORGET_EVERY = 3600


def sweep(database: Database, storage: Storage, scratch: Path) -> int:
    """Deletes the files of jobs whose time is over, then empties their rows. How many jobs there were.

    In this order a crash in between leaves rows that the next sweep finds again, never files that nobody knows.
    A job whose files cannot be deleted waits for the next sweep and holds up no other.
    """
    with database.reading() as connection:
        due = retention.due(connection)
    over = []
    for job_id in due:
        try:
            storage.delete_job(job_id)
            for left_behind in scratch.glob(f"{job_id}-*"):  # by a worker that was killed
                left_behind.unlink()
        except OSError as error:
            _log.warning("files not deleted; it is tried again", request_id=job_id, error=str(error))
        else:
            over.append(job_id)
    if over:
        with database.transaction() as connection:
            retention.sweep(connection, over)
    return len(over)


def run_keeper(settings: Settings, *, name: str) -> None:
    """Sweeps every second while it leads, until SIGINT or SIGTERM."""
    stopping = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    database, storage = Database(settings.database), Storage(settings.assets)
    turn = 0
    leads = False
    while not stopping:
        time.sleep(_STEP_SECONDS)
        try:
            if turn % 5 == 0:  # well inside LEADER_SECONDS
                with database.transaction() as connection:
                    leads = retention.lead(connection, "keeper", name)
                    if leads:
                        workers.remove_unseen(connection)
                        if turn % _FORGET_EVERY == 0:
                            retention.forget(connection)
            if leads and (swept := sweep(database, storage, settings.scratch)):
                _log.info("swept", jobs=swept)
        except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            _log.warning("sweep failed; it is tried again", error=str(error))
        turn += 1
