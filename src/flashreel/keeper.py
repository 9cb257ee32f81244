"""The keeper: one process that throws away what is over and sends what is to be told. Of several, the one that
leads."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy.exc
import structlog

from flashreel.deliveries import Deliverer
from flashreel.jobs import ending, idempotency, outbox, retention, uploads, workers
from flashreel.jobs.database import Database
from flashreel.jobs.leader import Leader, leader
from flashreel.settings import Settings
from flashreel.storage import Storage

_log = structlog.get_logger(__name__)

_STEP_SECONDS = 1.0
_ORPHANS_EVERY = 60
_FORGET_EVERY = 3600


def sweep(database: Database, storage: Storage) -> int:
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
        except OSError as error:
            _log.warning("files not deleted; it is tried again", request_id=job_id, error=str(error))
        else:
            over.append(job_id)
    if over:
        with database.transaction() as connection:
            retention.sweep(connection, over)
    return len(over)


def end_cancelled(database: Database, retained: float) -> int:
    """Ends cancelled jobs whose worker went before it could, so that they wait for no other. How many there were."""
    with database.reading() as connection:
        left = ending.to_cancel(connection)
    if left:
        with database.transaction() as connection:
            for job_id in left:
                ending.cancel(connection, job_id, None, retained)
    return len(left)


def make_room(database: Database, quota: int) -> int:
    """Ends the time of the oldest finished jobs, so that the next sweep brings the files under `quota` bytes."""
    with database.reading() as connection:
        going = retention.over_quota(connection, quota)
    if going:
        with database.transaction() as connection:
            retention.expire(connection, going)
    return len(going)


def clear_orphans(database: Database, storage: Storage) -> int:
    """Deletes files that no job can reach: of jobs that are gone, and of attempts that came to nothing. How many
    places there were. What a live attempt writes just now is left alone."""
    stored = storage.attempts()
    ids = {job_id for job_id, _ in stored}
    with database.reading() as connection:  # after the listing: whoever is listed was in the store before
        known = retention.known_attempts(connection, sorted(ids))
    gone = storage.delete_strays()
    for job_id, attempt in stored:
        try:
            if job_id not in known:
                storage.delete_job(job_id)
            elif attempt != known[job_id]:
                storage.delete_attempt(job_id, attempt)
            else:
                continue
        except OSError as error:
            _log.warning("left behind files not deleted; it is tried again", request_id=job_id, error=str(error))
        else:
            gone += 1
    return gone


def sweep_uploads(database: Database, storage: Storage) -> int:
    """Deletes uploads whose time is over, the files first, as `sweep` does. How many there were."""
    with database.reading() as connection:
        due = uploads.due(connection)
    over = _delete_uploads(storage, due)
    if over:
        with database.transaction() as connection:
            uploads.delete(connection, over)
    return len(over)


def clear_stray_uploads(database: Database, storage: Storage) -> int:
    """Deletes the files of a process that was killed before it told the store of them. How many there were."""
    stored = storage.settled_uploads()
    with database.reading() as connection:  # after the listing: whoever is listed was in the store before
        known = uploads.known(connection, stored)
    return len(_delete_uploads(storage, [upload_id for upload_id in stored if upload_id not in known]))


def _delete_uploads(storage: Storage, upload_ids: Sequence[str]) -> list[str]:
    """Those whose files are gone now."""
    gone = []
    for upload_id in upload_ids:
        try:
            storage.delete_upload(upload_id)
        except OSError as error:
            _log.warning("upload not deleted; it is tried again", upload=upload_id, error=str(error))
        else:
            gone.append(upload_id)
    return gone


def run_keeper(settings: Settings, *, name: str) -> None:
    """Sweeps every second while it leads, until SIGINT or SIGTERM."""
    # A signal writes here, which ends the wait below: after its handler a plain sleep would go on.
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    database, storage = Database(settings.database), Storage(settings.assets)
    deliverer = Deliverer(settings, database)
    deliverer.start()
    mine = leader(database, name)
    turn = 0
    while not select.select([woken], [], [], _STEP_SECONDS)[0]:
        deliverer.active = _leads(mine)
        if not deliverer.active:
            continue
        turn += 1
        try:
            _keep(settings, database, storage, turn)
        except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            _log.warning("sweep failed; it is tried again", error=str(error))
    deliverer.close()
    with suppress(sqlalchemy.exc.SQLAlchemyError):
        mine.resign()  # whoever comes next need not wait


def _leads(mine: Leader) -> bool:
    try:
        return mine.leads()
    except sqlalchemy.exc.SQLAlchemyError as error:
        _log.warning("the store cannot be reached; it is tried again", error=str(error))
        return False


def _keep(settings: Settings, database: Database, storage: Storage, turn: int) -> None:
    """The `turn`th turn of a keeper that leads: the first does everything."""
    if ended := end_cancelled(database, settings.retention):
        _log.info("cancelled jobs ended", jobs=ended)
    if settings.storage_quota and (early := make_room(database, settings.storage_quota)):
        _log.info("storage quota reached", expired=early)
    if swept := sweep(database, storage):
        _log.info("swept", jobs=swept)
    if expired := sweep_uploads(database, storage):
        _log.info("swept", uploads=expired)
    if turn % _ORPHANS_EVERY == 1:
        with database.transaction() as connection:
            workers.remove_unseen(connection)
            outbox.forget(connection)
        gone = clear_orphans(database, storage) + clear_stray_uploads(database, storage)
        if gone:
            _log.info("left behind files deleted", places=gone)
    if turn % _FORGET_EVERY == 1:
        with database.transaction() as connection:
            retention.forget(connection)
            idempotency.forget(connection)
