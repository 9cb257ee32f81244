"""The keeper: one process that throws away what is over. Of several, the one that leads by a row in the store."""

from __future__ import annotations

import signal
import time
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


def sweep(database: Database, storage: Storage) -> int:
    """Deletes the files of jobs whose time is over, then empties their rows. How many jobs there were.

    In this order a crash in between leaves rows that the next sweep finds again, never files that nobody knows.
    """
    with database.reading() as connection:
        over = retention.due(connection)
    for job_id in over:
        storage.delete_job(job_id)
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
            if leads and (swept := sweep(database, storage)):
                _log.info("swept", jobs=swept)
        except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            _log.warning("sweep failed; it is tried again", error=str(error))
        turn += 1
