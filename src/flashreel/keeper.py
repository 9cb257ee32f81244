"""The keeper: one process that throws away what is over. Of several, the one that leads by a row in the store."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType

import sqlalchemy.exc
import structlog

from flashreel.jobs import idempotency, retention, workers
from flashreel.jobs.database import Database
from flashreel.settings import Settings
from flashreel.storage import Storage

_log = structlog.get_logger(__name__)

_STEP_SECONDS = 1.0
_FORGET_EVERY = 3600
_ORPHANS_EVERY = 60


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


def make_room(database: Database, quota: int) -> int:
    """Ends the time of the oldest finished jobs, so that the next sweep brings the files under `quota` bytes."""
    with database.reading() as connection:
        going = retention.over_quota(connection, quota)
    if going:
        with database.transaction() as connection:
            retention.expire(connection, going)
    return len(going)


def clear_orphans(database: Database, storage: Storage, scratch: Path) -> int:
    """Deletes files that no job can reach: of jobs that are gone, and of attempts that came to nothing. How many
    places there were. What a live attempt writes just now is left alone."""
    stored = storage.attempts()
    left_behind = list(scratch.glob("*-*.mp4*")) if scratch.is_dir() else []
    ids = {job_id for job_id, _ in stored} | {path.name.partition("-")[0] for path in left_behind}
    with database.reading() as connection:  # after the listing: whoever is listed was in the store before
        known = retention.known_attempts(connection, sorted(ids))
    gone = 0
    for job_id, attempt in stored:
        if job_id not in known:
            storage.delete_job(job_id)
        elif attempt != known[job_id][1]:
            storage.delete_attempt(job_id, attempt)
        else:
            continue
        gone += 1
    for path in left_behind:
        job_id, _, rest = path.name.partition("-")
        live, attempt = known.get(job_id, (False, 0))
        if not (live and rest.partition(".")[0] == str(attempt)):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


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
                            idempotency.forget(connection)
            if leads and settings.storage_quota and (early := make_room(database, settings.storage_quota)):
                _log.info("storage quota reached", expired=early)
            if leads and turn % _ORPHANS_EVERY == 0 and (gone := clear_orphans(database, storage, settings.scratch)):
                _log.info("left behind files deleted", places=gone)
            if leads and (swept := sweep(database, storage, settings.scratch)):
                _log.info("swept", jobs=swept)
        except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            _log.warning("sweep failed; it is tried again", error=str(error))
        turn += 1
